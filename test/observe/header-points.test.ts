import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HopRecord } from '../../sandbox/observe/header-log.js';
import { arrangeRecords, headerPointsOf, labelOfPoint } from '../../sandbox/observe/header-points.js';
import { wayOf } from '../../sandbox/topology/request-way.js';
import { ownModel } from '../topology/own-shape.js';

const record = (at: string, listener: string | undefined, id: string, parent: string, cluster = ''): HopRecord => ({
  at,
  direction: 'out',
  requestId: 'r',
  headers: { 'x-b3-spanid': id, 'x-b3-parentspanid': parent },
  ...(listener && { listener, cluster }),
});

test('/trace/1 has seven points, in the order of its way', () => {
  const { hop } = wayOf(ownModel, '/trace/1');
  assert.deepEqual(hop && headerPointsOf(hop).map(labelOfPoint), [
    'front-proxy edge out',
    'service1 ingress out',
    'service1-app in',
    'service1-app out',
    'service1 egress out',
    'service2 ingress out',
    'service2-app in',
  ]);
});

const calls = ['b', 'c'].flatMap((cluster) => [
  { at: 'a-app', direction: 'out', cluster } as const,
  { at: 'a', listener: 'egress', direction: 'out', cluster } as const,
]);

test('records of parallel calls are told apart by their clusters and span ids', () => {
  const records = [
    record('a', 'egress', '31', '21', 'c'),
    record('a-app', undefined, '21', '1'),
    record('a', 'egress', '30', '20', 'b'),
    record('a-app', undefined, '20', '1'),
  ];
  const { ordered, missing } = arrangeRecords(calls, records);
  assert.deepEqual(
    ordered.map(({ headers }) => headers['x-b3-spanid']),
    ['20', '30', '21', '31'],
  );
  assert.deepEqual(missing, []);
});

test('a point without a record is missing; a retry comes after the first attempt', () => {
  const records = [record('a-app', undefined, '20', '1'), record('a', 'egress', '30', '20', 'b')];
  assert.deepEqual(arrangeRecords(calls, records).missing.map(labelOfPoint), ['a-app out', 'a egress out']);
  const [, egress] = calls;
  const retried = [record('a', 'egress', '30', '20', 'b'), record('a', 'egress', '31', '20', 'b')];
  assert.equal(arrangeRecords(egress ? [egress] : [], retried).ordered.length, 2);
});
