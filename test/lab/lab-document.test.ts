import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../sandbox/cli/project.js';
import { labCases } from '../../sandbox/lab/cases.js';
import { labTable } from '../../sandbox/lab/table.js';

test('docs/lab.md has the table of the lab; UPDATE_GOLDEN=1 writes it', async () => {
  const file = join(root, 'docs/lab.md');
  const text = await readFile(file, 'utf8');
  const renewed = text.replace(/\| case \|[\s\S]*?\n(?!\|)/, `${labTable(labCases)}\n`);
  if (process.env.UPDATE_GOLDEN) await writeFile(file, renewed);
  assert.equal(text, renewed);
});
