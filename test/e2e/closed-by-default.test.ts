import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import { cache } from '../../sandbox/cli/project.js';
import { readRunRecord, runFolderOf } from '../../sandbox/topology/run-record.js';
import { type ListeningSocket, readListening } from './listening-sockets.js';
import { sandbox } from './requests.js';

/** Tries the statements of SECURITY.md from outside; containers.test.ts from inside. */

const portOf = (url: string): number => Number(new URL(url).port);

/** How a connection to a port ends: 'connected', or the code of the error. */
function tryToConnect(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3000 });
    const done = (how: string) => {
      socket.destroy();
      resolve(how);
    };
    socket.on('connect', () => done('connected'));
    socket.on('timeout', () => done('timeout'));
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });
}

const outerAddresses = Object.values(networkInterfaces())
  .flat()
  .flatMap((each) => (each && each.family === 'IPv4' && !each.internal ? [each.address] : []));

test('admin interface and Zipkin answer on loopback, and refuse on every other address of this machine', async () => {
  for (const url of [sandbox.adminUrl, sandbox.zipkinUrl]) {
    assert.equal(await tryToConnect('127.0.0.1', portOf(url)), 'connected', url);
    for (const address of outerAddresses) {
      assert.equal(await tryToConnect(address, portOf(url)), 'ECONNREFUSED', `${address}:${portOf(url)}`);
    }
  }
});

test('Zipkin lets no page of another site read its answers', async () => {
  const headers = { origin: 'http://other.example' };
  const response = await fetch(`${sandbox.zipkinUrl}/api/v2/services`, { headers });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('access-control-allow-origin'), null);
});

describe('processes of this machine', { skip: sandbox.mode === 'compose' && 'they run in containers' }, () => {
  /** The sockets on which the processes of this run listen. */
  async function ownSockets(): Promise<ListeningSocket[]> {
    const run = await readRunRecord(runFolderOf(cache, portOf(sandbox.frontUrl)));
    const groups = new Set(Object.values(run?.processes ?? {}).map(String));
    const inodes = new Set<number>();
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const [, , group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (!groups.has(group)) continue;
      for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
        const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
        inodes.add(Number(/^socket:\[(\d+)\]$/.exec(target)?.[1]));
      }
    }
    const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
    return readListening(tables.join('\n')).filter(({ inode }) => inodes.has(inode));
  }

  test('every listening socket is on 127.0.0.1', async () => {
    const sockets = await ownSockets();
    const ports = sockets.map(({ port }) => port);
    for (const url of [sandbox.frontUrl, sandbox.adminUrl, sandbox.zipkinUrl]) assert.ok(ports.includes(portOf(url)));
    assert.deepEqual([...new Set(sockets.map(({ address }) => address))], ['127.0.0.1']);
  });
});
