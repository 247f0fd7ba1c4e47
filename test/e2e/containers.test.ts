import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { readListening } from './listening-sockets.js';
import { sandbox } from './requests.js';

/** The fields of docker inspect that the tests read. */
interface Inspected {
  readonly Image: string;
  readonly Mounts: readonly unknown[];
  readonly HostConfig: Readonly<Record<string, unknown>> & { readonly Memory: number; readonly PidsLimit: number };
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string }[] | null>>;
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>;
  };
}

const listeners: Readonly<Record<string, readonly string[]>> = {
  'front-envoy': ['*:80', '127.0.0.1:8001', '127.0.0.1:9411', 'own:8001'],
  service1: ['*:80', '127.0.0.1:8001', '127.0.0.1:8080', '127.0.0.1:9000', '127.0.0.1:9411'],
  service2: ['*:80', '127.0.0.1:8001', '127.0.0.1:8080', '127.0.0.1:9000', '127.0.0.1:9411'],
  zipkin: ['*:9411'],
};
const services = Object.keys(listeners);

describe('containers', { skip: sandbox.mode === 'native' && 'there are none' }, () => {
  const docker = async (...args: string[]): Promise<string> =>
    (await execa('docker', args, { cwd: root, stdin: 'ignore' })).stdout;

  async function inspect(service: string): Promise<Inspected> {
    const id = await docker('compose', 'ps', '--quiet', service);
    return (JSON.parse(await docker('inspect', id)) as [Inspected])[0];
  }

  const inside = (service: string, script: string) =>
    execa('docker', ['compose', 'exec', '-T', service, 'sh', '-c', script], { cwd: root, reject: false, all: true });

  for (const service of services) {
    test(`${service}: not root, no capability, no new privileges, system calls filtered`, async () => {
      const { stdout } = await inside(service, 'cat /proc/1/status');
      const field = (name: string) => new RegExp(`^${name}:\\s*(.+)$`, 'm').exec(stdout)?.[1];
      assert.doesNotMatch(field('Uid') ?? '0', /\b0\b/);
      assert.doesNotMatch(field('Gid') ?? '0', /\b0\b/);
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
        assert.equal(field(set), '0000000000000000', set);
      }
      assert.equal(field('NoNewPrivs'), '1');
      assert.equal(field('Seccomp'), '2');
    });

    test(`${service}: only /tmp can be written, no program there can run, and Docker cannot be reached`, async () => {
      const folders = '/ /etc /etc/envoy /usr/local/bin /sandbox /zipkin /var /var/tmp /root /home /opt';
      const attempt = `for folder in ${folders}; do (echo x >$folder/x) 2>/dev/null && echo $folder; done`;
      assert.equal((await inside(service, attempt)).stdout, '');
      const run = "printf '#!/bin/sh\\necho it ran' >/tmp/try && chmod +x /tmp/try && /tmp/try; rm /tmp/try";
      const { all } = await inside(service, run);
      assert.match(all, /Permission denied/);
      assert.doesNotMatch(all, /it ran/);
      assert.notEqual((await inside(service, '[ -e /var/run/docker.sock ]')).exitCode, 0);
    });

    test(`${service}: memory, CPU and processes are limited; nothing of the host is mounted; it is restarted`, async () => {
      const { HostConfig, Mounts } = await inspect(service);
      const { Memory, MemorySwap, NanoCpus, PidsLimit, Privileged, PidMode, RestartPolicy } = HostConfig;
      assert.ok(Memory > 0 && Memory <= 2 ** 30 && PidsLimit > 0 && PidsLimit <= 256);
      assert.deepEqual(
        { MemorySwap, NanoCpus, Privileged, PidMode, RestartPolicy, Mounts },
        {
          ...{ MemorySwap: Memory, NanoCpus: 1e9, Privileged: false, PidMode: '', Mounts: [] },
          RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 },
        },
      );
    });
  }

  test('only the front proxy is published beyond loopback', async () => {
    const published: string[] = [];
    for (const service of services) {
      for (const [port, bindings] of Object.entries((await inspect(service)).NetworkSettings.Ports)) {
        for (const { HostIp } of bindings ?? []) published.push(`${service} ${port} on ${HostIp}`);
      }
    }
    assert.deepEqual(published.sort(), [
      'front-envoy 80/tcp on 0.0.0.0',
      'front-envoy 8001/tcp on 127.0.0.1',
      'zipkin 9411/tcp on 127.0.0.1',
    ]);
  });

  for (const [service, expected] of Object.entries(listeners)) {
    test(`${service} listens on ${expected.join(', ')} and nothing else`, async () => {
      const { stdout } = await inside(service, 'cat /proc/net/tcp /proc/net/tcp6 2>/dev/null');
      const own = Object.values((await inspect(service)).NetworkSettings.Networks)[0]?.IPAddress ?? '';
      const names: Record<string, string> = { [own]: 'own', '0.0.0.0': '*', '::': '*' };
      const sockets = readListening(stdout)
        .filter(({ address }) => address !== '127.0.0.11') // Docker's resolver
        .map(({ address, port }) => `${names[address] ?? address}:${port}`);
      assert.deepEqual([...new Set(sockets)].sort(), expected);
    });
  }

  test('a neighbour on envoymesh, even as root, reaches the proxies and the collector, and no admin interface', async () => {
    const { Image, NetworkSettings } = await inspect('service1');
    const network = Object.keys(NetworkSettings.Networks)[0] ?? '';
    const refused = 'ECONNREFUSED';
    const expected = {
      'http://front-envoy/trace/2': 200,
      'http://service1/trace/1': 200,
      'http://service2/trace/2': 200,
      'http://zipkin:9411/health': 200,
      'http://front-envoy:8001/ready': 'closed', // accepted, and closed without a byte
      'http://service1:8001/ready': refused,
      'http://service2:8001/ready': refused,
      'http://service1:8080/health': refused,
      'http://service1:9000/trace/2': refused,
      'http://service1:9411/health': refused,
      'http://zipkin:9410/': refused,
    };
    // Which of the two it is depends on whether the request was sent before the connection closed.
    const script = `
      const closed = ['UND_ERR_SOCKET', 'ECONNRESET'];
      const nameOf = ({ name, cause }) => (closed.includes(cause?.code) ? 'closed' : (cause?.code ?? name));
      const seen = await Promise.all(${JSON.stringify(Object.keys(expected))}.map(async (url) => [url, await
        fetch(url, { signal: AbortSignal.timeout(5000) }).then((answer) => answer.status, nameOf)]));
      console.log(JSON.stringify(Object.fromEntries(seen)));`;
    const neighbour = ['run', '--rm', '--network', network, '--user', '0', '--entrypoint', 'node', Image];
    const seen = await docker(...neighbour, '--input-type=module', '--eval', script);
    assert.deepEqual(JSON.parse(seen), expected);
  });
});
