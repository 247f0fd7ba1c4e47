import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUpstreams } from '../../sandbox/cluster/upstreams.js';

test("Envoy's /clusters: the addresses of each cluster, and the clusters that have none", () => {
  const clusters = [
    'zipkin::observability_name::zipkin',
    'zipkin::default_priority::max_connections::1024',
    'service1::default_priority::max_connections::256',
    'service1::10.244.0.4:80::cx_active::1',
    'service1::10.244.0.4:80::hostname::service1',
    'service1::10.244.0.9:80::cx_active::0',
    'app::127.0.0.1:8080::health_flags::healthy',
  ].join('\n');
  assert.deepEqual(
    [...readUpstreams(clusters)],
    [
      ['zipkin', new Set()],
      ['service1', new Set(['10.244.0.4', '10.244.0.9'])],
      ['app', new Set(['127.0.0.1'])],
    ],
  );
});

test('no answer is no cluster', () => {
  assert.equal(readUpstreams('').size, 0);
});
