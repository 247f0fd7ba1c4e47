import { markdownTable } from 'markdown-table';
import { countSpans, type RequestGroup } from './outcome.js';
import type { CaseResult } from './run-case.js';

/** Limits for every fault: the front proxy answers within its time limit, and a service that is told to end ends. */
const longestAnswerMs = 6000;
const longestEndS = 10;

function answersOf({ answers }: RequestGroup): string {
  return [...answers].map(([answer, count]) => `${answer} ×${count}`).join(', ') || 'none';
}

function spansOf(when: string, { missing, expectedSpans }: RequestGroup): string[] {
  const lost = countSpans(missing);
  if (lost === 0) return [];
  if (lost === expectedSpans) return [`all ${lost} ${when}`];
  const services = [...missing].map(([service, count]) => `${service} ${count}`).join(', ');
  return [`${lost} of ${expectedSpans} ${when} (${services})`];
}

/** Writes the ledger of a case: the missing spans of requests that were answered with 200. */
function ledgerOf({ outcome }: CaseResult): string {
  const lost = [
    ...spansOf('stored before', outcome.settled),
    ...spansOf('of the last second before', outcome.lastSecond),
    ...spansOf('during it', outcome.during),
  ];
  return lost.length > 0 ? `missing: ${lost.join('; ')}` : 'no span missing';
}

/** @returns a line for each way in which a case had another result than `expected`; none if there is no difference */
export function findings({ fault, outcome, secondsToEnd }: CaseResult): string[] {
  const { answers, loses, inFlight: mayFail } = fault;
  const { settled, lastSecond, during, inFlight, healedAfter } = outcome;
  const others = [...during.answers.keys()].filter((answer) => !answers.includes(answer));
  const failed = [...inFlight.answers.keys()].some((answer) => answer !== 200) && mayFail !== 'may fail';
  const stored = countSpans(settled.missing);
  const ofLastSecond = countSpans(lastSecond.missing);
  const unreported = countSpans(during.missing) + (loses === 'stored spans' ? 0 : ofLastSecond);
  const longest = fault.longestAnswerMs ?? longestAnswerMs;
  const slowEnd = Math.max(0, ...secondsToEnd);
  return [
    ...(others.length > 0 ? [`answers ${answersOf(during)}; expected only ${answers.join(', ')}`] : []),
    ...(failed ? [`requests in flight were answered ${answersOf(inFlight)}; expected 200 for each`] : []),
    ...(during.slowestMs > longest
      ? [`the slowest answer took ${during.slowestMs} ms; expected at most ${longest}`]
      : []),
    ...(healedAfter === undefined ? ['the sandbox did not recover in time'] : []),
    ...(slowEnd > longestEndS ? [`a service took ${slowEnd} s to end; expected at most ${longestEndS}`] : []),
    ...(stored > 0 && !/stored|any/.test(loses) ? [`${stored} spans that were stored before are missing`] : []),
    ...(unreported > 0 && !/unreported|any/.test(loses) ? [`${unreported} spans are missing`] : []),
  ];
}

const columns = ['fault', 'the caller sees', 'slowest', 'in flight', 'ended in', 'recovered after', 'ledger'];

function cells(result: CaseResult): string[] {
  const { during, inFlight, healedAfter } = result.outcome;
  const ended = result.secondsToEnd.map((seconds) => `${seconds.toFixed(1)} s`).join(', ');
  return [
    result.fault.title,
    answersOf(during),
    `${during.slowestMs} ms`,
    inFlight.requests > 0 ? answersOf(inFlight) : '–',
    ended || '–',
    healedAfter === undefined ? 'not in time' : `${healedAfter.toFixed(1)} s`,
    ledgerOf(result),
  ];
}

/** @returns a Markdown table of the results of all cases */
export const faultTable = (results: readonly CaseResult[]): string => markdownTable([columns, ...results.map(cells)]);
