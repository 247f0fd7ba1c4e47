import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, type ClusterObject } from '../../sandbox/cluster/readiness.js';

const deployment = (name: string, replicas: number, status: object = {}): ClusterObject => ({
  kind: 'Deployment',
  metadata: { name, generation: 2 },
  spec: { replicas },
  status: {
    observedGeneration: 2,
    replicas,
    updatedReplicas: replicas,
    availableReplicas: replicas,
    ...status,
  },
});

const scaler = (name: string, minReplicas: number): ClusterObject => ({
  kind: 'HorizontalPodAutoscaler',
  spec: { minReplicas, scaleTargetRef: { name } },
});

const pod = (name: string, status: object, metadata: object = {}): ClusterObject => ({
  kind: 'Pod',
  metadata: { name, ...metadata },
  status,
});

const waitingFor = (reason: string, extra: object = {}) => ({
  containerStatuses: [{ name: 'app', image: 'service:x', state: { waiting: { reason } }, ...extra }],
});

const cassandra: ClusterObject = {
  kind: 'StatefulSet',
  metadata: { name: 'cassandra', generation: 1 },
  spec: { replicas: 1 },
  status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 0 },
};

const refused = (lastTimestamp: string): ClusterObject => ({
  kind: 'Event',
  reason: 'FailedCreate',
  message:
    'create Pod cassandra-0 failed error: pods "cassandra-0" is forbidden: exceeded quota: small, requested: pods=1',
  lastTimestamp,
  involvedObject: { kind: 'StatefulSet', name: 'cassandra' },
});

const noon = Date.parse('2026-01-01T12:00:00Z');

const cases: readonly (readonly [when: string, objects: ClusterObject[], state: string, why: RegExp])[] = [
  ['nothing is there', [], 'waiting', /nothing is there yet/],
  ['all is as it should be', [deployment('zipkin', 2), pod('zipkin-a', {})], 'ready', /^$/],
  [
    'the controller has not seen the change',
    [deployment('zipkin', 1, { observedGeneration: 1 })],
    'waiting',
    /zipkin has not been looked at/,
  ],
  ['a pod is not ready', [deployment('zipkin', 2, { availableReplicas: 1 })], 'waiting', /zipkin .* 1 of 2 pods/],
  ['the old pods are still there', [deployment('zipkin', 1, { replicas: 2 })], 'waiting', /still has 1 pods of before/],
  [
    'new pods are not there yet, old ones are',
    [deployment('zipkin', 1, { updatedReplicas: 0 })],
    'waiting',
    /zipkin .* 0 of 1/,
  ],
  [
    'the autoscaler has not raised the number yet',
    [deployment('service1', 1), scaler('service1', 3)],
    'waiting',
    /service1 .* 1 of 3/,
  ],
  [
    'Cassandra starts',
    [cassandra, deployment('zipkin', 2, { availableReplicas: 0 })],
    'waiting',
    /^cassandra .* 0 of 1/,
  ],
  [
    'no node has room',
    [
      deployment('service1', 1, { availableReplicas: 0 }),
      pod('service1-a', { conditions: [{ type: 'PodScheduled', status: 'False', message: 'Insufficient cpu.' }] }),
    ],
    'waiting',
    /service1-a has no node: Insufficient cpu/,
  ],
  ['an image is not there', [pod('a', waitingFor('ImagePullBackOff'))], 'failed', /the image service:x of pod a/],
  [
    'an image is not there, of a sidecar',
    [
      pod('a', {
        initContainerStatuses: [{ name: 'envoy', image: 'e:1', state: { waiting: { reason: 'ErrImageNeverPull' } } }],
      }),
    ],
    'failed',
    /the image e:1 of pod a/,
  ],
  [
    'one failed pull may be followed by a good one',
    [deployment('a', 1, { availableReplicas: 0 }), pod('a', waitingFor('ErrImagePull'))],
    'waiting',
    /a is not ready/,
  ],
  [
    'a pod that is going does not count',
    [deployment('a', 1), pod('a', waitingFor('ImagePullBackOff'), { deletionTimestamp: 'now' })],
    'ready',
    /^$/,
  ],
  [
    'a container ends again and again',
    [pod('a', waitingFor('CrashLoopBackOff', { lastState: { terminated: { exitCode: 2 } } }))],
    'failed',
    /app of pod a ends again and again, exit code 2/,
  ],
  [
    'the quota is used up, for a Deployment',
    [
      {
        kind: 'ReplicaSet',
        metadata: { name: 'service1-5f' },
        status: {
          conditions: [
            {
              type: 'ReplicaFailure',
              status: 'True',
              message:
                'pods "service1-5f-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
            },
          ],
        },
      },
    ],
    'failed',
    /quota is used up \(exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1\)/,
  ],
  ['the quota is used up, for a StatefulSet', [refused('2026-01-01T12:00:01Z')], 'failed', /quota is used up/],
  ['the quota was used up once', [cassandra, refused('2026-01-01T11:59:59Z')], 'waiting', /cassandra/],
  [
    'pod security refuses',
    [
      {
        kind: 'ReplicaSet',
        metadata: { name: 'service1-5f' },
        status: {
          conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'violates PodSecurity "restricted"' }],
        },
      },
    ],
    'failed',
    /service1-5f gets no pods: violates PodSecurity/,
  ],
];

for (const [when, objects, state, why] of cases) {
  test(`${when}: ${state}`, () => {
    const readiness = assess(objects, noon);
    assert.equal(readiness.state, state);
    const said = readiness.state === 'ready' ? '' : readiness.why;
    assert.match(said, why);
    assert.doesNotMatch(said, /\n/);
  });
}
