import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterObject, Condition } from '../../sandbox/cluster/cluster-objects.js';
import { assess } from '../../sandbox/cluster/readiness.js';

const revised = (revision: string) => ({ annotations: { 'deployment.kubernetes.io/revision': revision } });

const deployment = (name: string, replicas: number, status: object = {}, revision = '1'): ClusterObject => ({
  kind: 'Deployment',
  metadata: { name, generation: 2, ...revised(revision) },
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

const replicaSet = (name: string, of: string, revision: string, conditions: Condition[] = []): ClusterObject => ({
  kind: 'ReplicaSet',
  metadata: { name, ...revised(revision), ownerReferences: [{ kind: 'Deployment', name: of }] },
  status: { conditions },
});

const ownedBy = (set: string) => ({ ownerReferences: [{ kind: 'ReplicaSet', name: set }] });

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
  [
    'an image is not there',
    [deployment('a', 1), pod('a', waitingFor('ImagePullBackOff'))],
    'failed',
    /the image service:x of pod a/,
  ],
  [
    'an image is not there, of a sidecar',
    [
      deployment('a', 1),
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
    'the image was corrected, and the pod with the wrong one is still there',
    [
      deployment('a', 1, { availableReplicas: 0 }, '2'),
      replicaSet('a-1', 'a', '1'),
      replicaSet('a-2', 'a', '2'),
      pod('a-1-x', waitingFor('ImagePullBackOff'), ownedBy('a-1')),
      pod('a-2-x', {}, ownedBy('a-2')),
    ],
    'waiting',
    /^a is not ready: 0 of 1/,
  ],
  [
    'the new pod lacks its image as the one before did',
    [
      deployment('a', 1, {}, '2'),
      replicaSet('a-1', 'a', '1'),
      replicaSet('a-2', 'a', '2'),
      pod('a-1-x', waitingFor('ImagePullBackOff'), ownedBy('a-1')),
      pod('a-2-x', waitingFor('ImagePullBackOff'), ownedBy('a-2')),
    ],
    'failed',
    /of pod a-2-x/,
  ],
  [
    'the pods of before were refused, those of now are not',
    [
      deployment('a', 1, { availableReplicas: 0 }, '2'),
      replicaSet('a-1', 'a', '1', [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: small' }]),
      replicaSet('a-2', 'a', '2'),
    ],
    'waiting',
    /^a is not ready/,
  ],
  [
    'the change that corrects the image has not been looked at yet',
    [deployment('a', 1, { observedGeneration: 1 }), pod('a', waitingFor('ImagePullBackOff'))],
    'waiting',
    /a has not been looked at/,
  ],
  [
    'a container ends again and again',
    [deployment('a', 1), pod('a', waitingFor('CrashLoopBackOff', { lastState: { terminated: { exitCode: 2 } } }))],
    'failed',
    /app of pod a ends again and again, exit code 2/,
  ],
  [
    'the quota is used up, for a Deployment',
    [
      deployment('service1', 1),
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
  [
    'the quota is used up, for a StatefulSet',
    [cassandra, refused('2026-01-01T12:00:01Z')],
    'failed',
    /quota is used up/,
  ],
  ['the quota was used up once', [cassandra, refused('2026-01-01T11:59:59Z')], 'waiting', /cassandra/],
  [
    'pod security refuses',
    [
      deployment('service1', 1),
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
