import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { readComposeFile } from '../../sandbox/topology/compose-file.js';
import { withoutCompose } from '../machines/docker.js';
import { scratchFolder } from '../scratch.js';

const folder = await scratchFolder();

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

const shell = { SET: 'set', EMPTY: '', PORT: '8000', BIND: '::1', WHERE: '127.0.0.1:8005' };

/** Texts below `services: {a: …}`. Each is read as Compose reads it. */
const spellings: Readonly<Record<string, string>> = {
  'build: a folder': '{build: .}',
  'build: a folder below, with a Dockerfile of another name': '{build: {context: ./services, dockerfile: Other}}',
  'environment: a list': '{image: a, environment: [ONE=1, TWO=a=b, "THREE=$SET", SET, UNSET, NONE=]}',
  'environment: a map': '{image: a, environment: {ONE: 1, YES: true, REAL: 1.5, SET: , UNSET: , NONE: ""}}',
  'depends_on: a list': '{image: a, depends_on: [b]}',
  'depends_on: a map': '{image: a, depends_on: {b: {condition: service_started, required: false}}}',
  'ports: short': '{image: a, ports: ["8000:80", "8001:81/tcp", "127.0.0.1:8002:82", "[::1]:8003:83", "::1:8004:84"]}',
  'ports: ranges': '{image: a, ports: ["8000-8002:80-82"]}',
  'ports: long':
    '{image: a, ports: [{target: 80, published: 8000}, {target: 81, published: "$PORT", host_ip: "::1", protocol: tcp}]}',
  'ports: variables': '{image: a, ports: ["$PORT:80", "$BIND:${PORT-1}:81", "${WHERE}:82", "${UNSET:-8006}:83"]}',
  'a variable, with and without braces': '{image: "$SET-${SET}"}',
  'a default, for unset or empty, and for unset': '{image: "a${UNSET:-b}${EMPTY:-c}${UNSET-d}${EMPTY-e}"}',
  'a replacement': '{image: "a${SET:+b}${EMPTY:+c}${UNSET+d}${EMPTY+e}"}',
  'a required variable that is there': '{image: "${SET:?must}${EMPTY?must}"}',
  'one default in another': '{image: "${UNSET:-${EMPTY:-${SET}}}"}',
  'a dollar': '{image: a, environment: {PRICE: "5$$", TEXT: "$${SET}"}}',
};

const servicesOf = (a: string) => `services: {a: ${a}, b: {image: b}}\n`;

for (const [name, spelling] of Object.entries(spellings)) {
  test(`as Compose reads it: ${name}`, { skip: withoutCompose }, async () => {
    const path = join(folder, 'compose.yml');
    await writeFile(path, servicesOf(spelling));
    const { PATH, HOME } = process.env;
    const config = await execa('docker', ['compose', '-f', path, 'config', '--no-path-resolution'], {
      env: { PATH, HOME, ...shell },
      extendEnv: false,
    });
    const read = (text: string) =>
      readComposeFile(text, shell)
        .map(({ ports, ...rest }) => ({ ...rest, ports: ports.map(({ bind, port, target }) => [bind, port, target]) }))
        .sort((one, other) => one.name.localeCompare(other.name));
    assert.deepEqual(read(servicesOf(spelling)), read(config.stdout));
  });
}

const wrong: readonly (readonly [a: string, message: string])[] = [
  ['{image: "${UNSET:?say which}"}', 'docker-compose.yml: services.a.image: UNSET is not set: say which'],
  ['{image: "${SET"}', "docker-compose.yml: services.a.image: '${SET' is not a variable; write $$ for a $"],
  [
    '{image: a, environment: {COST: 5$}}',
    "docker-compose.yml: services.a.environment.COST: '$' is not a variable; write $$ for a $",
  ],
  ['{image: a, ports: ["localhost:8000:80"]}', "ports: 'localhost' is not an IP address; set one, or none"],
  ...['http', '0', '65536', '-1', '80 80', 'tcp://10.0.0.1:9411'].map((port): [string, string] => [
    `{image: a, ports: ["127.0.0.1:\${A_PORT:-${port}}:80"]}`,
    `A_PORT: '${port}' is not a port; set a number from 1 to 65535`,
  ]),
];

for (const [spelling, message] of wrong) {
  test(`refused: ${spelling}`, () => {
    assert.throws(() => readComposeFile(servicesOf(spelling), shell), { message });
  });
}

const containerOnly: readonly (readonly [a: string, keys: readonly string[]])[] = [
  [
    '{image: a, command: [x], volumes: [./a:/a], enviroment: {}, restart: always, x-note: a}',
    ['command', 'volumes', 'enviroment'],
  ],
  ['{build: {context: ., target: final}}', ['build.target']],
  ['{build: https://example.org/repository.git}', ['build.context']],
  ['{image: a, ports: [80]}', ['ports']],
  ['{image: a, ports: ["53:53/udp"]}', ['ports']],
];

for (const [spelling, keys] of containerOnly) {
  test(`for a container only: ${keys} of ${spelling}`, () => {
    assert.deepEqual(readComposeFile(servicesOf(spelling), {})[0]?.containerOnly, keys);
  });
}
