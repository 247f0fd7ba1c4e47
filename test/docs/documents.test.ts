import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../sandbox/cli/project.js';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const filesIn = (folder: string, ending: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

const translated = [...filesIn('docs/zh', '.md'), ...filesIn('deploy', '.zh.md')];
const documents = [...filesIn('.', '.md'), ...filesIn('docs', '.md'), 'deploy/README.md', ...translated];
const examples = readdirSync(join(root, 'docs/examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => filesIn(join('docs/examples', name), '').filter((file) => /\.(m?js|py)$/.test(file)));

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

/** The number of the first line of a YAML text after line `after` that has a key, or a thing of that name. */
const lineOf = (yaml: string, key: string, after: number) => {
  const isIt = (line: string) => new RegExp(`^\\s*(- )?(${key}:|name: ${key}$)`).test(line);
  return yaml.split('\n').findIndex((line, index) => index >= after && isIt(line)) + 1;
};

for (const document of ['docs/envoy-files.md', 'docs/zh/envoy-files.md']) {
  test(`${document}: each link to a line of an Envoy file goes to the section that it names`, () => {
    const last: Record<string, number> = {}; // the sections stand in the order of the file
    const right = read(document).replace(
      /\[`([^`]+)`\]\(([./]*)([\w-]+\.yaml)#L\d+\)/g,
      (_, key: string, up: string, file: string) => {
        last[file] = lineOf(read(file), key, last[file] ?? 0);
        return `[\`${key}\`](${up}${file}#L${last[file]})`;
      },
    );
    if (process.env.UPDATE_GOLDEN) writeFileSync(join(root, document), right);
    assert.equal(read(document), right, 'UPDATE_GOLDEN=1 sets the line numbers right');
    assert.doesNotMatch(right, /#L0\b/);
  });
}

test('every npm script is explained, to users or to contributors', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const explained = ['README.md', 'CONTRIBUTING.md'].map(read).join();
  for (const name of Object.keys(scripts)) assert.match(explained, new RegExp(`npm (run )?${name}\\b`));
});

/** What both languages of a page must share: commands and outputs, the form of sections and tables, links. */
function facts(document: string) {
  const text = read(document);
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([whole, group]) => group ?? whole);
  const english = (link: string) => join(dirname(document), link).replace('docs/zh/', 'docs/').replace('.zh.md', '.md');
  return {
    blocks: all(/^```(?:console|sh|js)\n[\s\S]*?^```$/gm),
    headings: all(/^(#+) /gm),
    links: all(/\]\((?!https?:|README)([^)]+)\)/g).map(english),
    rows: all(/^\|.*\|$/gm).map((row) => [row.split('|').length, ...(/^\| (`[^`]+`) \|/.exec(row)?.slice(1) ?? [])]),
  };
}

/** Pages for maintainers are in English only. */
const forMaintainers = ['docs/measurements.md', 'docs/upgrading.md'];

const pages = ['README.md', 'deploy/README.md', ...filesIn('docs', '.md')].filter(
  (page) => !forMaintainers.includes(page),
);
const inChinese = (page: string) =>
  page.startsWith('docs/') ? page.replace('docs/', 'docs/zh/') : page.replace('.md', '.zh.md');

for (const page of pages) {
  test(`${inChinese(page)} has the sections, commands, outputs, tables and links of ${page}`, () => {
    assert.deepEqual(facts(inChinese(page)), facts(page));
  });

  test(`${inChinese(page)}: its links go to Chinese pages`, () => {
    for (const [, target = ''] of read(inChinese(page)).matchAll(/(?<!\[English)\]\((?!https?:)([^)#\s]+)/g)) {
      const linked = join(dirname(inChinese(page)), target);
      assert.ok(!pages.includes(linked), linked);
    }
  });
}

test('every Chinese page has an English one', () => {
  assert.deepEqual(['README.zh.md', ...translated].sort(), pages.map(inChinese).sort());
});
