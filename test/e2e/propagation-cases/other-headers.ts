import { denied, dropped, joined, type PropagationCase, restarted } from './case.js';

const ISSUE = 'issue 4';
const ENVOY_HEADERS = 'Envoy HTTP header manipulation documentation';
const UUID = '7f3c1e52-0a4b-4c9d-8e6f-1234567890ab';

const requestId = (name: string, source: string, ...values: string[]): PropagationCase => ({
  name: `x-request-id: ${name}`,
  source,
  headers: values.map((value) => ['x-request-id', value] as const),
  expect: dropped(),
});
const kept = (name: string, source: string, value: string): PropagationCase => ({
  ...requestId(name, source, value),
  expect: restarted({ requestIdKept: true }),
});
const control = (name: string, value: string): PropagationCase => ({
  name: `${name}: ${value}`,
  source: ENVOY_HEADERS,
  headers: [[name, value]],
  expect: restarted({ atService2: { [name]: null } }),
});

/** Request ids, Envoy's control headers, and headers that do not concern the mesh. */
export const otherHeaderCases: readonly PropagationCase[] = [
  { name: 'no header at all', source: ISSUE, headers: [], expect: restarted({ atService2: { 'x-b3-flags': null } }) },

  kept('a UUID', ISSUE, UUID),
  kept('a UUID in upper case', 'RFC 9562 4', UUID.toUpperCase()),
  kept('a UUID of version 1', 'RFC 9562 5.1', '7f3c1e52-0a4b-1c9d-8e6f-1234567890ab'),
  kept('a UUID with the mark of a sampled trace', 'Envoy UUID request id extension', UUID.replace('-4', '-9')),
  kept('a UUID with the mark of a forced trace', 'Envoy UUID request id extension', UUID.replace('-4', '-a')),
  kept('the nil UUID', 'RFC 9562 5.9', '00000000-0000-0000-0000-000000000000'),
  requestId('a word', '../shared/DESIGN.md', 'not-a-uuid'),
  requestId('eight hex digits and more', ISSUE, '7f3c1e52-hello'),
  requestId('a UUID without hyphens', ISSUE, UUID.replaceAll('-', '')),
  requestId('a UUID in braces', ISSUE, `{${UUID}}`),
  requestId('a UUID and more', ISSUE, `${UUID}0`),
  requestId('empty', ISSUE, ''),
  requestId('two', ISSUE, UUID, UUID.replace('7', '8')),
  requestId('very long', ISSUE, 'a'.repeat(8000)),
  requestId('markup', ISSUE, '<img src=x onerror=alert(1)>'),
  requestId('emoji', ISSUE, '🦓🦓🦓'),
  {
    name: 'x-request-id: a word, and a trace to join',
    source: ISSUE,
    headers: [
      ['x-request-id', 'not-a-uuid'],
      ['b3', '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1'],
    ],
    expect: joined({ traceId: '80f198ee56343ba864fe8b2a57d3eff7', spanId: 'e457b5a2e4d86bd1' }),
  },
  {
    name: 'x-request-id: a UUID, and a denied trace',
    source: ISSUE,
    headers: [
      ['x-request-id', UUID],
      ['X-B3-Sampled', '0'],
    ],
    expect: denied(undefined, { requestIdKept: true }),
  },

  control('x-envoy-force-trace', 'true'),
  control('x-envoy-decorator-operation', 'not-your-name'),
  control('x-envoy-internal', 'true'),
  control('x-envoy-retry-on', '5xx'),
  control('x-envoy-max-retries', '99'),
  control('x-envoy-upstream-rq-timeout-ms', '1'),
  control('x-envoy-upstream-rq-per-try-timeout-ms', '1'),
  control('x-envoy-expected-rq-timeout-ms', '1'),
  control('x-envoy-hedge-on-per-try-timeout', 'true'),
  control('x-envoy-downstream-service-cluster', 'front-proxy'),
  // Names under which the rules of the front proxy keep notes.
  control('x-envoy-context', 'x-b3'),
  control('x-envoy-traceid', '80f198ee56343ba864fe8b2a57d3eff7'),
  control('x-envoy-sampled', '0'),
  {
    name: 'x-client-trace-id decides nothing and passes as an application header',
    source: ENVOY_HEADERS,
    headers: [['x-client-trace-id', 'a']],
    expect: restarted(),
  },

  {
    name: 'baggage is not touched',
    source: 'w3c/baggage',
    headers: [['baggage', 'userId=alice,serverNode=DF%2028;prop=1']],
    expect: restarted({ atService2: { baggage: 'userId=alice,serverNode=DF%2028;prop=1' } }),
  },
  {
    name: 'baggage of a denied trace is not touched',
    source: 'brave http-tests ITHttpServer readsBaggage_unsampled',
    headers: [
      ['baggage', 'userId=alice'],
      ['X-B3-Sampled', '0'],
    ],
    expect: denied(undefined, { atService2: { baggage: 'userId=alice' } }),
  },
];
