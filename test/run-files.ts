import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { execa } from 'execa';
import { root } from '../sandbox/cli/project.js';

interface Results {
  passed: number;
  /** Each test that failed, and why. */
  readonly failed: string[];
  /** What could not run on this machine, and why. */
  readonly notRun: string[];
}

/** What this process's tests found so far. */
export const results: Results = { passed: 0, failed: [], notRun: [] };

/** @returns the test files below a folder of test/, as compiled */
export function filesBelow(folder: string): string[] {
  const path = join(root, 'dist/test', folder);
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => join(path, file))
    .sort();
}

/** A file that hangs fails, so that the others still run. The file for the cluster takes five minutes. */
const longestFileMs = 1_200_000;

/** Characters of a failure's message. The whole message stands with the test's group. */
const longestReason = 800;

/** For files that start their own sandboxes. */
export const sideBySide = { concurrency: availableParallelism() };

/** Runs test files, prints their results and counts them. */
export async function runFiles(title: string, files: string[], { concurrency = 1 } = {}): Promise<void> {
  process.stdout.write(`\n== ${title}\n`);
  const stream = run({ files, concurrency, timeout: longestFileMs });
  stream.on('test:pass', ({ details, skip }) => {
    if (details.type !== 'suite' && !skip) results.passed += 1;
  });
  stream.on('test:fail', ({ name, file = '', details: { type, error } }) => {
    const { message } = error.cause instanceof Error ? error.cause : error;
    const why = message.replaceAll(/\n\s*\n/g, '\n').slice(0, longestReason);
    if (type !== 'suite') results.failed.push(`${relative(root, file)}: ${name}: ${why}`);
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(text);
}

/** Runs groups in a process of their own, because each group sets its environment. Then shows what they printed. */
export async function runElsewhere(groups: readonly string[]): Promise<void> {
  if (groups.length === 0) return;
  const options = { cwd: root, reject: false, all: true, ipc: true } as const;
  const { all, ipcOutput, exitCode } = await execa('node', [join(root, 'dist/test/run.js'), ...groups], options);
  process.stdout.write(`${all}\n`);
  const [theirs] = ipcOutput as readonly Partial<Results>[];
  results.passed += theirs?.passed ?? 0;
  results.failed.push(...(theirs?.failed ?? [`${groups.join(', ')}: the tests ended with exit code ${exitCode}`]));
  results.notRun.push(...(theirs?.notRun ?? []));
}

/** Prints what could not run, what failed and why, and how many tests passed and failed. */
export function printResults(): void {
  if (process.send) return void process.send(results); // to the process that runs these groups elsewhere
  const { passed, failed, notRun } = results;
  for (const line of notRun) process.stdout.write(`\nNot run: ${line}\n`);
  for (const line of failed) process.stdout.write(`\nFailed: ${line}\n`);
  process.stdout.write(`\n${passed} passed, ${failed.length} failed\n`);
}
