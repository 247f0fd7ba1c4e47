import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { execa } from 'execa';
import { root } from '../sandbox/cli/project.js';

/** How many tests passed and failed so far. */
export const tally = { passed: 0, failed: 0 };
/** What could not run on this machine, and why. */
export const notRun: string[] = [];

/** @returns the test files below a folder of test/, as compiled */
export function filesBelow(folder: string): string[] {
  const path = join(root, 'dist/test', folder);
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => join(path, file))
    .sort();
}

/** A file that hangs fails, so that the others still run. */
const longestFileMs = 400_000;
/** Cassandra and Zipkin start one after the other there, and pods drain before they end. */
export const longestClusterFileMs = 1_200_000;

/** For files that start their own sandboxes. */
export const sideBySide = { concurrency: availableParallelism() };

/** Runs test files, prints their results and counts them. */
export async function runFiles(
  title: string,
  files: string[],
  { concurrency = 1, timeoutMs = longestFileMs }: { readonly concurrency?: number; readonly timeoutMs?: number } = {},
): Promise<void> {
  process.stdout.write(`\n== ${title}\n`);
  const stream = run({ files, concurrency, timeout: timeoutMs });
  stream.on('test:pass', ({ details, skip }) => {
    if (details.type !== 'suite' && !skip) tally.passed += 1;
  });
  stream.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') tally.failed += 1;
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(text);
}

/** Runs groups in a process of their own, because each group sets its environment. Then shows what they printed. */
export async function runElsewhere(groups: readonly string[]): Promise<void> {
  if (groups.length === 0) return;
  const options = { cwd: root, reject: false, all: true } as const;
  const { all } = await execa('node', [join(root, 'dist/test/run.js'), ...groups], options);
  const [, passed = '0', failed = '1'] = /^(\d+) passed, (\d+) failed$/m.exec(all) ?? [];
  tally.passed += Number(passed);
  tally.failed += Number(failed);
  notRun.push(...[...all.matchAll(/^Not run: (.*)$/gm)].flatMap(([, what]) => what ?? []));
  process.stdout.write(`${all.replaceAll(/^(Not run: .*|\d+ passed, \d+ failed)$/gm, '').trimEnd()}\n`);
}
