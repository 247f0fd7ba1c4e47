import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePorts } from '../../sandbox/topology/ports.js';
import { cloneElsewhere, commandsIn } from './checkout.js';
import { withoutDocker } from './docker.js';

/** A network whose names resolve to IPv6 too, as with the daemon's `default-network-opts`. */
const subnet = `fd5a:${(process.pid % 65_536).toString(16)}::/64`;
const network = `
networks:
  envoymesh:
    enable_ipv6: true
    ipam: {config: [{subnet: "${subnet}"}]}
`;

test('files with CRLF that only their owner may read, a network with IPv6, .env', {
  skip: withoutDocker,
}, async (t) => {
  const [front, admin, zipkin] = await freePorts(3);
  const ports = [`FRONT_PORT="${front}"`, `ADMIN_PORT=${admin} # mine`, `ZIPKIN_PORT='${zipkin}'`];
  const binds = ['FRONT_BIND=127.0.0.2', 'ZIPKIN_BIND=[::1]'];
  const files = 'COMPOSE_FILE=docker-compose.yml:ipv6.yml';
  const clone = await cloneElsewhere(t, [...ports, ...binds, files, ''].join('\r\n'), true);
  await writeFile(join(clone, 'ipv6.yml'), network);
  const run = commandsIn(clone, { COMPOSE_PROJECT_NAME: `machines-test-${process.pid}` });
  try {
    const up = await run('docker', 'compose', 'up', '--build', '--detach', '--wait', '--quiet-pull');
    assert.equal(up.exitCode, 0, up.all);
    const verify = await run('npm', 'run', '--silent', 'verify');
    assert.match(verify.all, /1 trace of GET \/trace\/1: ✓ whole/);
    const doctor = await run('npm', 'run', '--silent', 'doctor');
    assert.match(doctor.all, new RegExp(`runs in Compose, front proxy at http://127.0.0.2:${front}`));
    assert.match(doctor.all, new RegExp(`✓ port ${admin} +admin interface answers`));
    assert.equal(doctor.exitCode, 0, doctor.all);
  } finally {
    await run('docker', 'compose', 'down', '--volumes', '--rmi', 'local', '--timeout', '5');
  }
});
