import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { execa } from 'execa';
import { freePorts, innerPorts, requireFree } from '../../sandbox/topology/ports.js';
import type { PublishedPort } from '../../sandbox/topology/published-port.js';
import { listen } from '../listening.js';

const published = (port: number, more: Partial<PublishedPort> = {}): PublishedPort => ({
  bind: '127.0.0.1',
  port,
  target: 80,
  variable: 'FRONT_PORT',
  bindVariable: 'FRONT_BIND',
  ...more,
});

test('inner ports: each run gets others, and none is excepted or in use', async (t) => {
  const [first, again, next] = [await innerPorts(8000), await innerPorts(8000), await innerPorts(8001)];
  assert.equal(new Set([...first, ...again, ...next]).size, 48);
  const [taken = 0, excepted = 0] = [0, 1].map((blocks) => Math.max(...next) + 2 + blocks * 17);
  const other = createServer().listen(taken, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const others = await innerPorts(8000, [excepted]);
  assert.deepEqual([others.length, others.includes(taken), others.includes(excepted)], [16, false, false]);
});

test('inner ports: many runs that start at once, in one process and in others', async () => {
  const inThis = Array.from({ length: 20 }, () => innerPorts(8000));
  const script = `import { innerPorts } from '${new URL('../../sandbox/topology/ports.js', import.meta.url)}';
    console.log(JSON.stringify(await innerPorts(8000)));
    setTimeout(() => undefined, 2000);`;
  const inOthers = Array.from({ length: 5 }, async () => {
    const { stdout } = await execa('node', ['--input-type=module', '--eval', script]);
    return JSON.parse(stdout) as number[];
  });
  const ports = (await Promise.all([...inThis, ...inOthers])).flat();
  assert.equal(new Set(ports).size, 25 * 16);
});

for (const bind of ['127.0.0.1', '0.0.0.0']) {
  test(`a port in use on 127.0.0.1, wanted on ${bind}: the error has port and variable`, async (t) => {
    const { port } = await listen(t, () => undefined);
    await assert.rejects(requireFree([published(port, { bind })]), {
      message: `port ${port} on ${bind} is taken by another process; set FRONT_PORT to another one`,
    });
    await assert.rejects(requireFree([published(port, { bind, variable: undefined })]), /end that process$/);
  });
}

test('one port for two parts: the error has both variables', async () => {
  const [port = 0] = await freePorts(1);
  const twin = published(port, { variable: 'ZIPKIN_PORT' });
  const message = `port ${port} is set twice, as FRONT_PORT and as ZIPKIN_PORT; set one of them to another port`;
  await assert.rejects(requireFree([published(port), twin]), { message });
  await assert.rejects(requireFree([published(port, { bind: '0.0.0.0' }), twin]), { message });
  await requireFree([published(port), { ...twin, bind: '127.0.0.2' }]);
});

test('an address of another machine: the error has its variable', async () => {
  const [port = 0] = await freePorts(1);
  const bind = '192.0.2.1'; // RFC 5737: an address for documents only
  await assert.rejects(requireFree([published(port, { bind })]), {
    message:
      "FRONT_BIND: '192.0.2.1' is not an address of this machine (EADDRNOTAVAIL); set one of this machine, or none",
  });
});
