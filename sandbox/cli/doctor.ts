import type { Command } from 'commander';
import type { Check } from '../doctor/check.js';
import { probe } from '../doctor/probe.js';
import { examine } from '../doctor/rules.js';
import { paint, wrapLine } from '../picture/terminal-text.js';
import { ExitCode, exiting } from './exit-code.js';
import { jsonOption, type RequestOptions } from './options.js';
import { cache, root } from './project.js';
import { canOverwrite, printJson, printLines, type Terminal, terminal } from './terminal.js';

const signs = { ok: '✓', wrong: '✗', skipped: '–' } as const;
const styles = { ok: 'green', wrong: 'red', skipped: 'dim' } as const;

function draw(checks: readonly Check[], { colour, wrapAt }: Terminal): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks.flatMap(({ name, verdict, seen, advice }) => {
    const [first = '', ...more] = wrapLine(`  ${name.padEnd(width)}  ${seen}`, wrapAt, width + 4);
    const sign = colour ? paint(styles[verdict], signs[verdict]) : signs[verdict];
    const todo = advice ? wrapLine(`  ${' '.repeat(width)}  → ${advice}`, wrapAt, width + 6) : [];
    return [sign + first.slice(1), ...more, ...todo];
  });
}

async function doctor({ json }: Pick<RequestOptions, 'json'>): Promise<ExitCode> {
  const onLook = (what: string) => {
    if (canOverwrite(process.stderr)) process.stderr.write(`\r\u001b[Klooking at ${what}…`);
  };
  const facts = await probe(root, cache, process.env, onLook);
  if (canOverwrite(process.stderr)) process.stderr.write('\r\u001b[K');
  const checks = examine(facts);
  const wrong = checks.filter(({ verdict }) => verdict === 'wrong').length;
  const verdict = wrong === 0 ? 'Nothing is wrong.' : `${wrong} wrong. Begin with the first ✗.`;
  if (json) printJson({ healthy: wrong === 0, checks });
  else printLines([...draw(checks, terminal(process.stdout)), '', verdict]);
  return wrong === 0 ? ExitCode.done : ExitCode.failedRun;
}

/** Adds `doctor` to the program: it goes through the checklist "why do I see no traces". */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Check each possible reason why you see no traces, and say what to do.')
    .addOption(jsonOption())
    .action(exiting(doctor));
}
