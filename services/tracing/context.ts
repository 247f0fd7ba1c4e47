import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from 'zipkin';

/**
 * zipkin's `Context` (https://github.com/openzipkin/zipkin-js, index.d.ts) kept in Node's AsyncLocalStorage: code sees what
 * was set on its own asynchronous path, across await, timers and rejections.
 *
 * Each value gets a cell of its own. Two calls that start in one scope do not see each other's span then. And Node 20's
 * `run`, which does not clean up when it is given the store that is active, always cleans up.
 */
export class AsyncTraceContext<T> implements Context<T | undefined> {
  readonly #storage = new AsyncLocalStorage<{ readonly value: T | undefined }>();

  /** Sets the context for the rest of the current scope and for what it starts. */
  setContext(value: T | undefined): void {
    this.#storage.enterWith({ value });
  }

  /** @returns the context of this asynchronous path, undefined outside of any */
  getContext(): T | undefined {
    return this.#storage.getStore()?.value;
  }

  /** Runs `callback` in a scope that starts with the present context; what it sets does not leak out. */
  scoped<V>(callback: () => V): V {
    return this.letContext(this.getContext(), callback);
  }

  /** Runs `callback` with `value` as context; gives what it gives, throws what it throws. */
  letContext<V>(value: T | undefined, callback: () => V): V {
    return this.#storage.run({ value }, callback);
  }
}
