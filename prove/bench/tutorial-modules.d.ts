declare module 'zipkin-context-cls' {
  import type { TraceId } from 'zipkin';

  export default class CLSContext {
    constructor(namespace: string, supportAsyncAwait: boolean);
    getContext(): TraceId;
    setContext(value: TraceId): void;
    scoped<V>(callback: () => V): V;
    letContext<V>(value: TraceId, callback: () => V): V;
  }
}

declare module 'zipkin-instrumentation-fetch' {
  import type { Tracer } from 'zipkin';

  export default function wrapFetch<Fetch>(fetch: Fetch, options: { readonly tracer: Tracer }): Fetch;
}
