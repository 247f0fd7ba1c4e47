import { requestIdTag, serviceOf } from '../trace/span.js';
import { adviceFor, labReset } from './advice.js';
import { type Check, ok, skipped, wrong } from './check.js';
import { clockToleranceMs, type Facts } from './facts.js';
import { readSampling } from './sampling.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @returns what one request shows: whether it is traced, by which id, whether its trace is whole, and when it was */
export function examineRequest(facts: Facts): Check[] {
  return [checkSampling(facts), checkRequestId(facts), ...checkTrace(facts), checkClocks(facts)];
}

function checkSampling({ frontRuntime }: Facts): Check {
  if (!frontRuntime) return skipped('sampling', 'not checked, because the front proxy was not asked');
  const percent = readSampling(frontRuntime);
  if (percent === 0) {
    const advice = "set SAMPLING_PERCENT and start again, or trace one request with curl -H 'b3: 1'";
    return wrong('sampling', 'no request is traced unless it asks for it', advice);
  }
  if (percent === 100) return ok('sampling', 'every request is traced');
  return ok('sampling', `${percent} % of the requests are traced; the others leave no trace`);
}

function checkRequestId({ request }: Facts): Check {
  if (!request) return skipped('request id', 'no request was sent');
  const { requestId, spans } = request;
  const advice =
    "Envoy decides by x-request-id whether to trace; forward the caller's x-request-id, a UUID, with every call";
  if (!requestId || !uuid.test(requestId)) return wrong('request id', `it is ${requestId ?? 'missing'}`, advice);
  const others = spans.filter(({ tags }) => (tags?.[requestIdTag] ?? requestId) !== requestId);
  if (others.length === 0) return ok('request id', `one UUID at every hop: ${requestId}`);
  const services = [...new Set(others.map(serviceOf))].join(', ');
  const note = request.notes.find(({ about }) => about === 'request id');
  if (note) return skipped('request id', note.text);
  return wrong('request id', `${services} got another one: the app before it did not forward x-request-id`, advice);
}

function checkTrace({ request, requestError, reporters, ports, containers }: Facts): Check[] {
  const name = 'b3 headers';
  if (requestError) return [wrong(name, requestError, 'repair the first line marked ✗ above')];
  if (!request) {
    const broken = [...ports, ...reporters, ...containers].some(({ error }) => error !== undefined);
    return [skipped(name, broken ? 'not checked, because a line above is wrong' : 'no request was sent')];
  }
  const wrongs = request.diagnoses.filter(({ cause }) => cause !== 'clock-skew');
  if (wrongs.length > 0) return wrongs.map((diagnosis) => wrong(name, diagnosis.text, adviceFor(diagnosis)));
  return [
    ok(name, `GET ${request.path} answered ${request.status}: one trace of ${request.spans.length} spans`),
    ...request.notes.flatMap(({ about, text }) => (about === 'spans' ? ok('own app', text) : [])),
  ];
}

function checkClocks({ request }: Facts): Check {
  if (!request || request.spans.length === 0) return skipped('clocks', 'not checked, because there is no span');
  const advice = `set that clock right, because Zipkin searches and draws by the clocks of the reporters; ${labReset}`;
  const skew = request.diagnoses.find(({ cause }) => cause === 'clock-skew');
  if (skew) return wrong('clocks', skew.text, advice);
  const { sentAt, tookMs } = request;
  const early = sentAt - Math.min(...request.spans.map(({ timestamp = Number.POSITIVE_INFINITY }) => timestamp / 1000));
  const late = Math.max(...request.spans.map(({ timestamp = 0 }) => timestamp / 1000)) - sentAt - tookMs;
  if (Math.max(early, late) <= clockToleranceMs) return ok('clocks', "every span is within the request's time");
  const off = early > late ? `${Math.round(early)} ms behind` : `${Math.round(late)} ms ahead of`;
  return wrong('clocks', `the spans are ${off} this machine's clock`, advice);
}
