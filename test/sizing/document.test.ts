import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { withBlocks } from '../../sandbox/sizing/document.js';
import { readMeasured } from '../../sandbox/sizing/measured.js';
import { readProcessorTime } from '../../sandbox/sizing/processor-time.js';
import { bytesText, measuredTable, sizingTable } from '../../sandbox/sizing/table.js';

test('docs/growing.md has the tables that the measured figures give', async () => {
  const measured = await readMeasured(root);
  const document = await readFile(join(root, 'docs/growing.md'), 'utf8');
  const blocks = { measured: measuredTable(measured), sizing: sizingTable(measured) };
  assert.equal(document, withBlocks(document, blocks));
});

test('a block is exchanged, and a document without its place is refused', () => {
  assert.equal(withBlocks('a\n<!-- x -->\nold\n<!-- end -->\nb', { x: 'new' }), 'a\n<!-- x -->\nnew\n<!-- end -->\nb');
  assert.throws(() => withBlocks('a', { x: 'new' }), /no place for 'x'/);
});

test('bytes as people say them', () => {
  assert.deepEqual([0.5, 1, 999, 1000, 1.5e12, 3e18].map(bytesText), [
    '0.5 B',
    '1 B',
    '999 B',
    '1 kB',
    '1.5 TB',
    '3,000 PB',
  ]);
});

test('processor time by command, whatever a command is called', () => {
  const stat = (command: string, user: number, system: number): string =>
    `7 (${command}) S 1 7 7 0 -1 4194560 100 0 0 0 ${user} ${system} 0 0 20 0 5 0 100 1000 100`;
  const stats = [stat('envoy', 100, 50), stat('a ) b', 1, 0), stat('envoy', 10, 0), ''].join('\n');
  assert.deepEqual(readProcessorTime(stats), { envoy: 1.6, 'a ) b': 0.01 });
});

const size = (...args: string[]) =>
  execa('node', ['dist/sandbox/cli/main.js', 'size', ...args], { cwd: root, reject: false });

test('npm run size: one demand, for people and for programs', async () => {
  const { stdout, exitCode } = await size('--requests', '10000', '--sampling', '1');
  assert.equal(exitCode, 0);
  assert.match(stdout, /^10,000 requests\/s, 1 % traced: 1,100 spans\/s/);
  const { stdout: json } = await size('--requests', '10000', '--store-nodes', '3', '--json');
  const { demand, cassandra } = JSON.parse(json) as { demand: { sampling: number }; cassandra: { nodes: number } };
  assert.ok(demand.sampling > 0 && demand.sampling <= 1);
  assert.equal(cassandra.nodes, 3);
});

test('npm run size: what cannot be is said in one line', async () => {
  const { stderr, exitCode } = await size('--requests', '10', '--store-nodes', '2');
  assert.equal(exitCode, 2);
  assert.match(stderr, /^sandbox: 2 Cassandra nodes are too few for 10 requests\/s and 3 copies/);
});
