import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readComposeFile } from '../../sandbox/topology/compose-file.js';
import { buildModel, type Model, withOwnApps } from '../../sandbox/topology/model.js';
import { shapeOf } from '../../sandbox/topology/model-shape.js';
import { countExpected, type ExpectedSpan } from '../../sandbox/verdict/shape.js';
import { addedService, type Edits } from './added-service.js';

const names = ['Dockerfile-frontenvoy', 'Dockerfile-service', 'front-envoy-zipkin.yaml', 'service-envoy-zipkin.yaml'];
const read = (name: string) => readFileSync(name, 'utf8');

/** The model of the sandbox's own files, some of them edited. */
function model(edits: Edits = {}): Model {
  const text = (name: string) => {
    const edited = edits[name]?.(read(name)) ?? read(name);
    if (edits[name]) assert.notEqual(edited, read(name), `${name} is edited`);
    return edited;
  };
  const services = readComposeFile(text('docker-compose.yml'), {});
  return buildModel(services, new Map(names.map((name) => [name, text(name)])));
}

function draw({ service, kind, shared, children }: ExpectedSpan, indent = ''): string[] {
  const line = `${indent}${service} ${kind}${shared ? ' shared' : ''}`;
  return [line, ...children.flatMap((child) => draw(child, `${indent} `))];
}

function spans(of: Model, path: string): string[] {
  const found = shapeOf(of, path);
  return found.shape ? draw(found.shape.root) : [found.why];
}

test("the sandbox's own files: who reports, who collects, which paths there are", () => {
  const { reporters, front, edge, collector, firstPath, services } = model();
  assert.deepEqual(
    reporters.map(({ name, service, part }) => `${name} = ${service} ${part}`),
    [
      'front-proxy = front-envoy admin',
      'service1 = service1 admin',
      'service1-app = service1 app',
      'service2 = service2 admin',
      'service2-app = service2 app',
    ],
  );
  assert.deepEqual([front.name, edge.name], ['front-envoy', 'edge']);
  assert.deepEqual([collector.service, collector.port], ['zipkin', 9411]);
  assert.equal(firstPath, '/trace/1');
  assert.deepEqual(
    services.flatMap(({ app }) => app?.isOwn ?? []),
    [false, false],
  );
});

test('GET /trace/1 leaves the eleven spans of the contract, /trace/2 five', () => {
  assert.deepEqual(spans(model(), '/trace/1'), [
    'front-proxy SERVER',
    ' front-proxy CLIENT',
    '  service1 SERVER shared',
    '   service1 CLIENT',
    '    service1-app SERVER shared',
    '     service1-app CLIENT',
    '      service1 SERVER shared',
    '       service1 CLIENT',
    '        service2 SERVER shared',
    '         service2 CLIENT',
    '          service2-app SERVER shared',
  ]);
  assert.equal(spans(model(), '/trace/2?debug=1').length, 5);
  const { shape } = shapeOf(model(), '/trace/1');
  assert.equal(shape && countExpected(shape), 11);
  assert.equal(shape?.root.children[0]?.children[0]?.path, 'root.children[0].children[0]');
});

test('a third service in a chain: six more spans', () => {
  const chain = model(addedService['in a chain']);
  assert.deepEqual(
    chain.reporters.slice(-2).map(({ name }) => name),
    ['service3', 'service3-app'],
  );
  assert.equal(spans(chain, '/trace/1').length, 17);
});

test('two services in parallel: a branch each, below the app that calls them', () => {
  assert.deepEqual(spans(model(addedService['side by side']), '/trace/1').slice(5), [
    '     service1-app CLIENT',
    '      service1 SERVER shared',
    '       service1 CLIENT',
    '        service2 SERVER shared',
    '         service2 CLIENT',
    '          service2-app SERVER shared',
    '     service1-app CLIENT',
    '      service1 SERVER shared',
    '       service1 CLIENT',
    '        service3 SERVER shared',
    '         service3 CLIENT',
    '          service3-app SERVER shared',
  ]);
});

const compose = 'docker-compose.yml';
const front = 'front-envoy-zipkin.yaml';
const sidecar = 'service-envoy-zipkin.yaml';

type Edit = readonly [file: string, from: string | RegExp, to: string];
const edgeMatch = (match: string): Edit => [front, 'match: {path: /trace/1}', `match: ${match}`];
const byChance = edgeMatch('{path: /trace/1, runtime_fraction: {default_value: {numerator: 5}}}');
const calling = (url: string): Edit => [compose, 'http://127.0.0.1:9000/trace/2', url];

/** An edit, and how many spans a request for the path leaves then, or why that is not known. */
const cases: readonly (readonly [title: string, edit: Edit, expected: number | RegExp, path?: string])[] = [
  ['no route', edgeMatch('{path: /other}'), /^front-proxy itself answers \/trace\/1, with 404$/],
  ['a prefix', edgeMatch('{prefix: /trace/1}'), 11],
  ['a path below a prefix', edgeMatch('{prefix: /tr}'), 5, '/trace/2'],
  ['a whole path segment', edgeMatch('{path_separated_prefix: /trace}'), 11],
  ['a regex', edgeMatch('{safe_regex: {regex: "(?i)/TRACE/\\\\d"}}'), 11],
  ['a regex for a part', edgeMatch('{safe_regex: {regex: "/trace"}}'), /404$/],
  ['a header that is not sent', edgeMatch('{path: /trace/1, headers: [{name: beta, present_match: true}]}'), /404$/],
  [
    'a match on chance',
    byChance,
    /^front-envoy-zipkin.yaml, listener edge: runtime_fraction: \{.*\} is not understood by the sandbox's commands$/,
  ],
  ['a match on chance, of another path', byChance, 5, '/trace/2'],
  [
    'several clusters for a route',
    [sidecar, 'cluster: service2\n', 'weighted_clusters: {}\n'],
    /^service-envoy-zipkin.yaml, listener egress: the target of route \{"prefix":"\/"\} is not understood$/,
  ],
  ['an app that does not answer the path', [compose, 'SERVICE_NAME: service1\n', 'SERVICE_NAME: service7\n'], 5],
  ['a call around the sidecar', calling('http://service2/trace/2'), 9],
  ['a call out of the topology', calling('http://example.org/'), 6],
  [
    'a circle',
    [compose, 'SERVICE_NAME: service2\n', '$&      NEXT_HOP_URL: http://service2/trace/2\n'],
    /^the calls of service2 form a circle$/,
  ],
  ['an app that calls itself', calling('http://127.0.0.1:8080/trace/1'), /^the calls of service1 form a circle$/],
  [
    'an Envoy with one span a request',
    [front, 'spawn_upstream_span: true', 'spawn_upstream_span: false'],
    /^front-envoy-zipkin.yaml, listener edge: spawn_upstream_span is not true$/,
  ],
  ['no name', [compose, 'SERVICE_NAME: service2\n', 'A: b\n'], /service2 has no SERVICE_NAME; /],
  ['no front', [compose, /:80\n/, ':79\n'], /publishes no listener of an Envoy; /],
  ['no URL', calling('service2'), /NEXT_HOP_URL of service1: 'service2' is not a URL; /],
  ['no YAML', [sidecar, 'admin:\n', 'admin: [\n'], /^service-envoy-zipkin.yaml cannot be read as [^\n]+$/],
  ['no admin interface', [sidecar, /^admin:\n.*\n.*\n/m, ''], /^service-envoy-zipkin.yaml .*no admin interface/],
];

for (const [title, [file, from, to], expected, path = '/trace/1'] of cases) {
  test(`${title}: ${expected instanceof RegExp ? 'the reason' : `${expected} spans`}`, () => {
    const found = () => spans(model({ [file]: (text) => text.replace(from, to) }), path);
    if (typeof expected === 'number') assert.equal(found().length, expected);
    else assert.match(String(attempt(found)), expected);
  });
}

/** What a function gives, or the message of its error. */
function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

test("an app in another image, or one that the start names, is the user's own", () => {
  const overlaid = (text: string) => text.replace('SERVICE_NAME: service1\n', '$&      APP_MAIN: /own/app.mjs\n');
  const isOwn = ({ services }: Model) => services.flatMap(({ app }) => app?.isOwn ?? []);
  const own = model({ [compose]: overlaid });
  assert.deepEqual(isOwn(own), [true, false]);
  assert.deepEqual(isOwn(withOwnApps(own, ['service2'])), [true, true]);
});
