import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { root } from '../../sandbox/cli/project.js';

const read = (file: string) => readFileSync(join(root, file), 'utf8');

interface Updates {
  readonly updates: readonly {
    readonly 'package-ecosystem': string;
    readonly directory?: string;
    readonly directories?: readonly string[];
  }[];
}

/** The file that Dependabot needs in a folder. */
const manifests: Readonly<Record<string, RegExp>> = {
  npm: /^package\.json$/,
  docker: /^Dockerfile|\.yaml$/,
  'docker-compose': /compose.*\.yml$/,
  'github-actions': /^\.github$/,
  gomod: /^go\.mod$/,
  pip: /^requirements\.txt$/,
  maven: /^pom\.xml$/,
};

test('Dependabot finds a manifest in each folder that it is given', () => {
  for (const { 'package-ecosystem': name, directory, directories = [directory ?? ''] } of (
    parse(read('.github/dependabot.yml')) as Updates
  ).updates) {
    for (const each of directories) {
      assert.ok(
        readdirSync(join(root, each)).some((file) => manifests[name]?.test(file)),
        `${name} in ${each}`,
      );
    }
  }
});

test('the workflow calls npm scripts and groups of tests that there are', () => {
  const workflow = read('.github/workflows/ci.yml');
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const called = [...workflow.matchAll(/npm (?:run )?([a-z]+)(?: -- ([a-z ]+)$)?/gm)];
  assert.ok(called.length > 2);
  const groups = [...read('CONTRIBUTING.md').matchAll(/^\| (`[a-z`, ]+`) \|/gm)].map(([, names]) => names).join();
  for (const [, name = '', wanted = ''] of called) {
    assert.ok(name in scripts, name);
    for (const group of wanted.split(' ').filter(Boolean)) assert.ok(groups.includes(`\`${group}\``), group);
  }
});

test('the form for a fault asks for what doctor --json prints, and every form is one', () => {
  assert.match(read('.github/ISSUE_TEMPLATE/bug.yml'), /`npm run --silent doctor -- --json`/);
  for (const name of ['bug', 'verdict']) {
    const { body } = parse(read(`.github/ISSUE_TEMPLATE/${name}.yml`)) as { body: { id: string; type: string }[] };
    assert.equal(new Set(body.map(({ id }) => id)).size, body.length);
    for (const { type } of body) assert.match(type, /^(textarea|input)$/);
  }
});
