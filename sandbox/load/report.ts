import { drawLedger } from '../observe/draw-ledger.js';
import type { MeasuredLoad } from './measure.js';

const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;

/** @returns the output of `npm run load` about a load: lines without line ends */
export function describeLoad(load: MeasuredLoad): string[] {
  const { latency, ledger } = load;
  const answers = Object.entries(load.statuses).map(([status, count]) => `${count} × ${status}`);
  const failures = Object.entries(load.failures).map(([failure, count]) => `${count} × ${failure}`);
  return [
    `requests    ${load.requests} in ${load.seconds.toFixed(1)} s, ${load.requestsPerSecond.toFixed(0)} answered per second`,
    `latency     p50 ${milliseconds(latency.p50)}  p90 ${milliseconds(latency.p90)}  p99 ${milliseconds(latency.p99)}  max ${milliseconds(latency.max)}`,
    `answers     ${answers.join(', ') || 'none'}`,
    ...(failures.length > 0 ? [`unanswered  ${failures.join(', ')}`] : []),
    `traces      ${ledger.wholeTraces} whole in Zipkin`,
    '',
    ...drawLedger(ledger),
    ...(load.quiet ? [] : ['note: a reporter still had spans to send when this ledger was made']),
    '',
    verdict(load),
  ];
}

function verdict({ ledger }: MeasuredLoad): string {
  const { missing, evicted } = ledger.total;
  if (missing > 0) return `${missing} spans are missing.`;
  return evicted > 0
    ? `No span is missing. Zipkin stored ${evicted} of them and evicted them for newer ones.`
    : 'No span is missing.';
}
