import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readComposeFile } from '../../sandbox/topology/compose-file.js';

const file = `
services:
  front:
    build: {context: ., dockerfile: Dockerfile-front}
    environment: {RATE: "\${RATE:-100}", PLAIN: text}
    ports: ["\${FRONT_BIND:-0.0.0.0}:\${FRONT_PORT:-8000}:80", "127.0.0.1:\${ADMIN_PORT:-8001}:8001"]
  one: &one
    build: {context: ., dockerfile: Dockerfile-service}
    environment: {NAME: one}
  two:
    <<: *one
    environment: {NAME: two}
  store: {image: "store:1"}
`;

test('services in order, with merges, defaults and published ports', () => {
  const services = readComposeFile(file, {});
  assert.deepEqual(
    services.map(({ name, dockerfile, image }) => [name, dockerfile ?? image]),
    [
      ['front', 'Dockerfile-front'],
      ['one', 'Dockerfile-service'],
      ['two', 'Dockerfile-service'],
      ['store', 'store:1'],
    ],
  );
  assert.deepEqual(services[2]?.environment, { NAME: 'two' });
  assert.deepEqual(services[0]?.environment, { RATE: '100', PLAIN: 'text' });
  assert.deepEqual(services[0]?.ports, [
    { bind: '0.0.0.0', port: 8000, target: 80, variable: 'FRONT_PORT', bindVariable: 'FRONT_BIND' },
    { bind: '127.0.0.1', port: 8001, target: 8001, variable: 'ADMIN_PORT', bindVariable: undefined },
  ]);
});

test('variables replace defaults; an empty one counts as unset', () => {
  const [front] = readComposeFile(file, { FRONT_PORT: '9000', FRONT_BIND: '', RATE: '5' });
  assert.deepEqual(front?.environment.RATE, '5');
  assert.equal(front?.ports[0]?.port, 9000);
  assert.equal(front?.ports[0]?.bind, '0.0.0.0');
});

for (const wrong of ['http', '0', '65536', '-1', '80 80']) {
  test(`FRONT_PORT='${wrong}' is refused by name`, () => {
    assert.throws(() => readComposeFile(file, { FRONT_PORT: wrong }), {
      message: `FRONT_PORT: '${wrong}' is not a port; set a number from 1 to 65535`,
    });
  });
}
