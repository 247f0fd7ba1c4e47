// The service. It has no code for tracing.
import { hostname } from 'node:os';
import express from 'express';

const { SERVICE_NAME, NEXT_HOP_URL, HOST = '127.0.0.1', PORT = '8080' } = process.env;
const nextHops = NEXT_HOP_URL ? NEXT_HOP_URL.split(' ') : [];

const app = express();
app.get('/health', (_request, response) => response.send('ok\n'));
app.get('/trace/:number', async (_request, response) => {
  const answers = await Promise.all(nextHops.map((url) => fetch(url)));
  await Promise.all(answers.map((answer) => answer.text()));
  if (!answers.every(({ ok }) => ok)) return response.status(502).send('the next service failed\n');
  const number = SERVICE_NAME.replace('service', '');
  return response.send(
    `Hello from behind Envoy (service ${number})! hostname: ${hostname()} resolvedhostname: ${HOST}\n`,
  );
});
app.listen(Number(PORT), HOST);
