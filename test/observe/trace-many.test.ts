import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';

test('one trace is read from its own endpoint, because Zipkin refuses a list of one', async (t) => {
  const asked: string[] = [];
  const server = createServer(({ url }, response) => {
    if (url?.startsWith('/api/v2/trace')) asked.push(url); // it also asks once whether this is a Zipkin
    if (url === '/api/v2/trace/gone') response.writeHead(404).end();
    else
      response.end(
        url?.startsWith('/api/v2/traceMany') ? '[[{"traceId":"a","id":"1"}]]' : '[{"traceId":"a","id":"1"}]',
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const zipkin = new ZipkinClient(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
  assert.deepEqual(await zipkin.traceMany([]), []);
  assert.equal((await zipkin.traceMany(['a'])).length, 1);
  assert.deepEqual(await zipkin.traceMany(['gone']), []);
  assert.equal((await zipkin.traceMany(['a', 'b'])).length, 1);
  assert.deepEqual(asked, ['/api/v2/trace/a', '/api/v2/trace/gone', '/api/v2/traceMany?traceIds=a,b']);
});
