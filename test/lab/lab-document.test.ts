import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { markdownTable } from 'markdown-table';
import { root } from '../../sandbox/cli/project.js';
import { labCases } from '../../sandbox/lab/cases.js';

/** The cases as the table of docs/lab.md. */
function labTable(): string {
  const rows = labCases.map(({ name, does, picture, cause, hop }) => {
    const verdict = cause ? `\`${cause}\` at ${hop}` : 'whole';
    return [`\`${name}\``, does, picture, verdict];
  });
  return markdownTable([['case', 'what is broken', 'what you see', 'verdict'], ...rows], { alignDelimiters: false });
}

test('docs/lab.md has the table of the lab; UPDATE_GOLDEN=1 writes it', async () => {
  const file = join(root, 'docs/lab.md');
  const text = await readFile(file, 'utf8');
  const renewed = text.replace(/\| case \|[\s\S]*?\n(?!\|)/, `${labTable()}\n`);
  if (process.env.UPDATE_GOLDEN) await writeFile(file, renewed);
  assert.equal(text, renewed);
});
