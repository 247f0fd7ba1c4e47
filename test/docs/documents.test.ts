import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../sandbox/cli/project.js';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const filesIn = (folder: string, ending: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

const documents = [...filesIn('.', '.md'), ...filesIn('docs', '.md')];
const examples = filesIn('docs/examples', '').filter((name) => /\.(mjs|py)$/.test(name));

for (const document of documents) {
  test(`${document}: every file that it links to is there`, () => {
    for (const [, target = ''] of read(document).matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)) {
      assert.ok(existsSync(join(root, dirname(document), target)), target);
    }
  });

  test(`${document}: its code is that of the examples, word for word`, () => {
    const sources = examples.map(read);
    for (const [, code = ''] of read(document).matchAll(/^```(?:js|python)\n([\s\S]*?)^```$/gm)) {
      assert.ok(
        sources.some((source) => source.includes(code)),
        code,
      );
    }
  });

  test(`${document}: every npm script that it names is there`, () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const [, name = ''] of read(document).matchAll(/npm run ([a-z]+)/g)) assert.ok(name in scripts, name);
  });
}
