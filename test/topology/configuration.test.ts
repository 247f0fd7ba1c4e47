import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { parse } from 'yaml';
import { root } from '../../sandbox/cli/project.js';
import { type Address, rewriteEnvironment, rewriteEnvoyAddresses } from '../../sandbox/topology/addresses.js';
import { envoyPin, zipkinPin } from '../../sandbox/topology/pins.js';

const read = (file: string) => readFile(join(root, file), 'utf8');
const envoyFiles = ['front-envoy-zipkin.yaml', 'service-envoy-zipkin.yaml'];

for (const file of envoyFiles) {
  test(`${file}: valid for Envoy, without a warning`, async () => {
    const envoy = process.env.ENVOY_BIN;
    assert.ok(envoy, 'ENVOY_BIN is not set; run the tests with npm test');
    const args = ['--mode', 'validate', '--service-cluster', 'any', '--service-node', 'any', '-c', file];
    const { all, exitCode } = await execa(envoy, args, { cwd: root, all: true, reject: false });
    assert.equal(exitCode, 0, all);
    assert.deepEqual(
      all.split('\n').filter((line) => /\[(warning|error|critical)\]|deprecat/i.test(line)),
      [],
    );
  });

  test(`${file}: its table at the top names every port that it listens on`, async () => {
    const text = await read(file);
    const comment = text.slice(0, text.indexOf('\n\n'));
    const bootstrap = parse(text) as {
      admin: { address: { socket_address: { port_value: number } } };
      static_resources: { listeners: { address: { socket_address?: { port_value: number } } }[] };
    };
    const ports = [bootstrap.admin, ...bootstrap.static_resources.listeners].flatMap(
      ({ address }) => address.socket_address?.port_value ?? [],
    );
    for (const port of ports) assert.match(comment, new RegExp(`^# .*\\b${port}\\b`, 'm'));
  });
}

test('only addresses are exchanged', async () => {
  const text = await read('service-envoy-zipkin.yaml');
  const seen: string[] = [];
  const rewritten = rewriteEnvoyAddresses(text, ({ host, port }: Address) => {
    seen.push(`${host}:${port}`);
    return { host: '192.0.2.1', port: port + 1 };
  });
  const back = rewriteEnvoyAddresses(rewritten, ({ port }) => {
    const [host = '', original = ''] = (seen.shift() ?? '').split(':');
    assert.equal(port, Number(original) + 1);
    return { host, port: Number(original) };
  });
  assert.deepEqual(parse(back), parse(text));
});

test("the URLs of an app's environment are exchanged, all else stays", () => {
  const resolve = () => ({ host: '127.0.0.1', port: 7 });
  const environment = { NEXT: 'http://127.0.0.1:9000/trace/2', NAME: 'service1', TEXT: 'see http://a:1' };
  assert.deepEqual(rewriteEnvironment(environment, resolve), {
    NEXT: 'http://127.0.0.1:7/trace/2',
    NAME: 'service1',
    TEXT: 'see http://a:1',
  });
});

test('Dockerfiles and docker-compose.yml name the versions that a native run has', async () => {
  for (const file of ['Dockerfile-frontenvoy', 'Dockerfile-service']) {
    assert.match(await read(file), new RegExp(`^FROM envoyproxy/envoy:v${envoyPin.version}\\b`, 'm'), file);
  }
  assert.match(await read('docker-compose.yml'), new RegExp(`image: openzipkin/zipkin:${zipkinPin.version}$`, 'm'));
});

test('images are those that shared/docker/versions.env lists, where it is there', async () => {
  const versions = join(root, '../shared/docker/versions.env');
  if (!existsSync(versions)) return;
  const text = await readFile(versions, 'utf8');
  const version = (name: string) => new RegExp(`^${name}_VERSION=(.*)$`, 'm').exec(text)?.[1];
  assert.equal(version('ENVOY'), envoyPin.version);
  assert.equal(version('ZIPKIN'), zipkinPin.version);
  assert.match(await read('Dockerfile-service'), new RegExp(`^FROM node:${version('NODE')}-bookworm-slim`, 'm'));
});
