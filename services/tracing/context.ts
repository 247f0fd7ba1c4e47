import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from 'zipkin';

/**
 * zipkin's `Context` (https://github.com/openzipkin/zipkin-js, index.d.ts), kept in Node's AsyncLocalStorage. Code sees
 * the value that was set on its own asynchronous path, also after an await, in a timer and after a rejection.
 *
 * Each value gets a new cell, for two reasons. Two calls that start in one scope do not see each other's span. And
 * `run` of Node 20 does not clean up when it is given the store that is active already.
 */
export class AsyncTraceContext<T> implements Context<T | undefined> {
  readonly #storage = new AsyncLocalStorage<{ readonly value: T | undefined }>();

  /** Sets the context for the rest of the current scope and for everything that it starts. */
  setContext(value: T | undefined): void {
    this.#storage.enterWith({ value });
  }

  /** @returns the context of this asynchronous path; undefined where none was set */
  getContext(): T | undefined {
    return this.#storage.getStore()?.value;
  }

  /** Runs `callback` in a new scope with the current context. A context that it sets ends with the scope. */
  scoped<V>(callback: () => V): V {
    return this.letContext(this.getContext(), callback);
  }

  /** Runs `callback` with `value` as context. Returns its result and throws its error. */
  letContext<V>(value: T | undefined, callback: () => V): V {
    return this.#storage.run({ value }, callback);
  }
}
