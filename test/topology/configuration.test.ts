import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { cache, root } from '../../sandbox/cli/project.js';
import type { Address } from '../../sandbox/topology/addresses.js';
import { installEnvoy } from '../../sandbox/topology/download-parts.js';
import { readEnvoyFile } from '../../sandbox/topology/envoy-file.js';

const read = (file: string) => readFile(join(root, file), 'utf8');
const envoyFiles = ['front-envoy-zipkin.yaml', 'service-envoy-zipkin.yaml'];

const envoy = await installEnvoy(root, cache, process.env);
const distinct = (addresses: readonly string[]) => [...new Set(addresses)].sort();

for (const file of envoyFiles) {
  test(`${file}: valid for Envoy, without a warning`, async () => {
    const text = readEnvoyFile(await read(file), file).withAddresses((address) => address, root);
    const args = ['--mode', 'validate', '--service-cluster', 'any', '--service-node', 'any', '--config-yaml', text];
    const { all, exitCode } = await execa(envoy, args, { cwd: root, all: true, reject: false });
    assert.equal(exitCode, 0, all);
    assert.deepEqual(
      all.split('\n').filter((line) => /\[(warning|error|critical)\]|deprecat/i.test(line)),
      [],
    );
  });

  test(`${file}: names resolve to IPv4 on a network with IPv6, because all listeners are on IPv4`, async () => {
    const text = await read(file);
    const byName = text.match(/^ +type: \w+_DNS\n/gm)?.length ?? 0;
    assert.ok(byName > 1);
    assert.equal(text.match(/^ +type: \w+_DNS\n +dns_lookup_family: V4_PREFERRED\b/gm)?.length, byName);
  });

  test(`${file}: what tracing needs comes first, then the guards`, async () => {
    const text = await read(file);
    const place = (part: string) => {
      assert.ok(text.includes(part), part);
      return text.indexOf(part);
    };
    for (const part of ['- name: zipkin\n', ' route_config:', ' tracing:'])
      assert.ok(place(part) < place('# GUARDS'), part);
    for (const part of [' access_log:', ' early_header_mutation_extensions:', '\noverload_manager:']) {
      assert.ok(place(part) > place('# GUARDS'), part);
    }
  });

  test(`${file}: the table at its top has exactly its ports and destinations`, async () => {
    const text = await read(file);
    const table = text.slice(text.indexOf('destination'), text.search(/^[^#]/m));
    const rows = [...table.matchAll(/^# {3}(\S+) {2,}(.+)$/gm)].map(([, from = '', to = '']) => ({ from, to }));
    const { adminPort, listeners, clusters } = readEnvoyFile(text, file);
    const inTable = rows.flatMap(({ from }) => /\d+$/.exec(from) ?? []);
    assert.deepEqual(distinct(inTable), distinct([adminPort, ...listeners.map(({ port }) => port)].map(String)));
    const destinations = rows.flatMap(({ to }) => to.match(/[\w.-]+:\d+/g) ?? []);
    const isOwn = (to: Address) => listeners.some(({ host, port }) => host === to.host && port === to.port);
    const endpoints = [...clusters.values()].flat().filter((address) => !isOwn(address));
    assert.deepEqual(distinct(destinations), distinct(endpoints.map(({ host, port }) => `${host}:${port}`)));
  });
}

test('images are those that shared/docker/versions.env lists, where it is there', async () => {
  const versions = join(root, '../shared/docker/versions.env');
  if (!existsSync(versions)) return;
  const text = await readFile(versions, 'utf8');
  for (const [name, file, image] of [
    ['ENVOY', 'Dockerfile-frontenvoy', 'envoyproxy/envoy:v'],
    ['ZIPKIN', 'docker-compose.yml', 'openzipkin/zipkin-slim:'],
    ['NODE', 'Dockerfile-service', 'node:'],
  ] as const) {
    const [, version] = new RegExp(`^${name}_VERSION=(.*)$`, 'm').exec(text) ?? [];
    assert.ok((await read(file)).includes(`${image}${version}`), `${file}: ${image}${version}`);
  }
});
