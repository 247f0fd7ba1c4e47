import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { findSandbox } from '../../sandbox/topology/running-sandbox.js';
import { withoutDocker } from './docker.js';

const dockerfile = await readFile(join(root, 'Dockerfile-service'), 'utf8');
const [, image = ''] = /^FROM (\S+)/m.exec(dockerfile) ?? [];

/** Forwards its port to Docker's socket, so this machine sees another machine's Docker. */
const forwarder = `require('net').createServer((one) => {
  const other = require('net').connect('/docker.sock');
  one.pipe(other).pipe(one);
  for (const each of [one, other]) each.on('error', () => undefined);
}).listen(2375)`;

const messageOf = (error: Error) => error.message;

describe('the Docker of another machine', { skip: withoutDocker }, async () => {
  const [front, admin, zipkin] = await freePorts(3);
  const folder = await mkdtemp(join(tmpdir(), 'docker-host-'));
  const env = { COMPOSE_FILE: join(folder, 'compose.yml'), COMPOSE_PROJECT_NAME: `docker-host-${process.pid}` };
  const docker = (...args: string[]) => execa('docker', args, { cwd: root, env });
  const idle = { image, command: 'sleep 600', init: true };

  /** Publishes Zipkin there with a stand-in for the sandbox, and searches it from here. */
  async function look(zipkinBind: string) {
    const services = {
      'front-envoy': { ...idle, ports: [`0.0.0.0:${front}:80`, `127.0.0.1:${admin}:8001`] },
      zipkin: { ...idle, ports: [`${zipkinBind}:${zipkin}:9411`] },
      docker: { image, command: ['node', '-e', forwarder], volumes: ['/var/run/docker.sock:/docker.sock'] },
    };
    await writeFile(env.COMPOSE_FILE, JSON.stringify({ services }));
    await docker('compose', 'up', '--detach');
    const { stdout: id } = await docker('compose', 'ps', '--quiet', 'docker');
    const address = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    const { stdout: host } = await docker('inspect', '--format', address, id);
    Object.assign(process.env, env, { DOCKER_HOST: `tcp://user:secret@${host}:2375` });
    try {
      return { host, found: await findSandbox(root, folder, { FRONT_PORT: '1' }).catch(messageOf) };
    } finally {
      for (const name of [...Object.keys(env), 'DOCKER_HOST']) delete process.env[name];
    }
  }

  after(async () => {
    await docker('compose', 'down', '--timeout', '1');
    await rm(folder, { recursive: true });
  });

  test('ports that only it can reach: the error says how to forward them and which URLs to give', async () => {
    const { host, found } = await look('127.0.0.1');
    const tunnel = `'ssh -N -L ${zipkin}:127.0.0.1:${zipkin} ${host}'`;
    const urls = `--url http://${host}:${front} --zipkin http://127.0.0.1:${zipkin}`;
    const seen = `the sandbox runs in the Docker of ${host}, and only that machine reaches port ${zipkin}`;
    assert.equal(found, `${seen}; run ${tunnel} and give ${urls}`);
  });

  test('ports that are open to all are reached there', async () => {
    const { host, found } = await look('0.0.0.0');
    assert.ok(typeof found === 'object', String(found));
    assert.deepEqual([found.frontUrl, found.zipkinUrl], [`http://${host}:${front}`, `http://${host}:${zipkin}`]);
  });
});
