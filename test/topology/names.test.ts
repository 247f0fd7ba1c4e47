import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../sandbox/cli/project.js';
import { ownModel } from './own-shape.js';

/** Only these files may name the services, because the lab and the faults break them. */
const mayName = new Set(['sandbox/lab/cases.ts', 'prove/faults/cases.ts']);

test("no source of sandbox/ and prove/ has a service's name in it", async () => {
  const { services, reporters } = ownModel;
  const names = [...new Set([...services, ...reporters].map(({ name }) => name))];
  for (const folder of ['sandbox', 'prove']) {
    for (const file of await readdir(join(root, folder), { recursive: true })) {
      if (!/\.(ts|mjs)$/.test(file)) continue;
      const path = `${folder}/${file}`;
      const text = await readFile(join(root, path), 'utf8');
      for (const name of names) {
        const times = [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length;
        assert.ok(times <= (mayName.has(path) ? 1 : 0), `${path} has ${name} ${times} times`);
      }
    }
  }
});
