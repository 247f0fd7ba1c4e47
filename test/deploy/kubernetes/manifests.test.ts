import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../../sandbox/cli/project.js';
import { readComposeFile } from '../../../sandbox/topology/compose-file.js';
import { containersOf, type Manifest, manifestsOf, overlays, selects, workloadsOf } from './manifest.js';
import { schemasOf } from './schemas.js';

const topLevel = (file: string): Promise<string> => readFile(join(root, file), 'utf8');
const rendered = Object.fromEntries(
  await Promise.all(overlays.map(async (overlay) => [overlay, await manifestsOf(overlay)] as const)),
) as Record<(typeof overlays)[number], Manifest[]>;

/** The oldest release that deploy/README.md names, and the newest one with schemas. */
for (const release of ['1.30.0', '1.37.0']) {
  test(`every field of every manifest is one that Kubernetes ${release} has`, async () => {
    const errorsOf = await schemasOf(release);
    for (const overlay of overlays) {
      for (const manifest of rendered[overlay]) {
        const errors = await errorsOf(manifest);
        assert.deepEqual(errors, [], `${overlay}: ${manifest.kind} ${manifest.metadata.name}`);
      }
    }
  });
}

for (const overlay of overlays) {
  const manifests = rendered[overlay];
  const workloads = workloadsOf(manifests);

  test(`${overlay}: each Envoy's files are those of the top level, byte for byte`, async () => {
    for (const [name, file] of [
      ['front-envoy', 'front-envoy-zipkin.yaml'],
      ['service-envoy', 'service-envoy-zipkin.yaml'],
    ] as const) {
      const made = manifests.filter(
        ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith(`${name}-`),
      );
      assert.deepEqual(
        made.map(({ data }) => data),
        [{ 'envoy.yaml': await topLevel(file), 'span-ids.lua': await topLevel('span-ids.lua') }],
      );
    }
  });

  const composeFiles = ['docker-compose.yml', ...(overlay === 'cluster' ? ['deploy/compose.cassandra.yml'] : [])];
  test(`${overlay}: each part has the environment of ${composeFiles.join(' and ')}`, async () => {
    const files = await Promise.all(composeFiles.map(async (file) => readComposeFile(await topLevel(file), {})));
    const [services = [], overlaid = []] = files;
    for (const service of services) {
      const over = overlaid.find(({ name }) => name === service.name);
      const image = over?.image ?? service.image;
      const environment = { ...service.environment, ...over?.environment };
      const workload = workloads.find(({ name }) => name === service.name);
      const container = workload?.pod.containers[0];
      if (image) assert.equal(container?.image, image);
      const told = new Map(
        container?.env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom?.fieldRef.fieldPath]),
      );
      for (const [variable, value] of Object.entries(environment)) {
        const expected = told.get(variable)?.startsWith('metadata.labels')
          ? workload?.labels['app.kubernetes.io/name']
          : told.get(variable);
        assert.equal(expected, value, `${service.name} ${variable}`);
      }
    }
  });

  test(`${overlay}: every name that an Envoy looks up is a Service with that port`, async () => {
    for (const file of ['front-envoy-zipkin.yaml', 'service-envoy-zipkin.yaml']) {
      const named = [...(await topLevel(file)).matchAll(/socket_address: \{address: ([a-z]\S*), port_value: (\d+)\}/g)];
      assert.ok(named.length > 0);
      for (const [, name = '', port] of named) {
        const service = manifests.find(({ kind, metadata }) => kind === 'Service' && metadata.name === name)?.spec;
        const selector = { matchLabels: service?.selector as never };
        const behind = workloads.filter(({ labels }) => selects(selector, labels)).map(({ name }) => name);
        assert.deepEqual(
          [service?.clusterIP, service?.ports?.map(({ port }) => port), behind],
          ['None', [Number(port)], [name]],
        );
      }
    }
  });

  test(`${overlay}: the cluster refuses pods with privileges; no pod has a token, and every container is bounded`, () => {
    const [namespace] = manifests.filter(({ kind }) => kind === 'Namespace');
    assert.equal(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
    for (const { name, pod } of workloads) {
      assert.equal(pod.automountServiceAccountToken, false, name);
      for (const { name: container, securityContext, resources } of containersOf(pod)) {
        assert.equal(securityContext?.readOnlyRootFilesystem ?? false, name !== 'cassandra', container);
        for (const bound of [resources?.requests, resources?.limits]) {
          assert.deepEqual(Object.keys(bound ?? {}).sort(), ['cpu', 'memory'], container);
        }
      }
    }
  });

  test(`${overlay}: every container is probed, and no probe is traced`, () => {
    for (const { name, pod } of workloads) {
      const staying = containersOf(pod).filter(
        (each) => pod.containers.includes(each) || each.restartPolicy === 'Always',
      );
      for (const container of staying) {
        for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
          const probe = container[kind];
          const asked = probe?.exec?.command.join(' ') ?? probe?.httpGet?.path ?? String(probe?.tcpSocket?.port);
          assert.match(
            asked,
            /^(http-probe 127\.0\.0\.1:8001 \/(ready|server_info)|http-probe 127\.0\.0\.1:8080 \/health|\/health|\/info|cql)$/,
            `${name} ${container.name} ${kind}`,
          );
        }
      }
    }
  });

  test(`${overlay}: every workload has a disruption budget`, () => {
    const budgets = manifests.filter(({ kind }) => kind === 'PodDisruptionBudget');
    for (const { name, labels } of workloads) {
      const own = budgets.filter(({ spec }) => selects(spec?.selector ?? {}, labels));
      assert.deepEqual(
        own.map(({ metadata }) => metadata.name),
        [name],
      );
    }
  });
}
