import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { untilPrinted, watch } from '../watched.js';

test('SIGTERM while 400 connections wait to be accepted: each request is answered', async (t) => {
  const env = { PATH: process.env.PATH, PORT: '0', SERVICE_NAME: 'service2', ZIPKIN_URL: 'http://127.0.0.1:9' };
  const app = watch(['node', 'dist/services/main.js'], { ...env, SHUTDOWN_TIMEOUT_MS: '20000' });
  t.after(() => app.process.kill('SIGKILL'));
  await untilPrinted(app, /listening on \S+,/);
  const port = Number(/listening on \S+:(\d+),/.exec(app.printed())?.[1]);

  app.process.kill('SIGSTOP');
  const connected = Array.from({ length: 400 }, async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /trace/2 HTTP/1.1\r\nhost: h\r\n\r\n');
    return socket;
  });
  const sockets = await Promise.all(connected);
  const answers = sockets.map(async (socket) => {
    const [answer]: Buffer[] = await once(socket, 'data');
    socket.destroy();
    return `${answer}`.slice(0, 12);
  });
  app.process.kill('SIGTERM');
  app.process.kill('SIGCONT');
  assert.deepEqual(new Set(await Promise.all(answers)), new Set(['HTTP/1.1 200']));
});
