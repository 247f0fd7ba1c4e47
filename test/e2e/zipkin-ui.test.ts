import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { resetLab } from '../../sandbox/lab/cases.js';
import { request, sandbox, shapeOf, spansOf, tracedRequest } from './requests.js';

/** Checks what a person sees. With SCREENSHOTS set, pictures go to that folder. */
const candidates = [
  process.env.CHROMIUM_BIN,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = candidates.find((path) => path && existsSync(path));
const skip = !executablePath && process.env.CI !== 'true' && 'no Chromium is installed; set CHROMIUM_BIN to one';

/** As root in a container, Chromium cannot use its own sandbox. And it must not call any server outside. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe("Zipkin's UI in a browser", { skip }, () => {
  let browser: Browser;
  let page: Page;

  before(async () => {
    assert.ok(executablePath, 'no Chromium is installed; set CHROMIUM_BIN to one');
    browser = await chromium.launch({ executablePath, args: flags });
    page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    page.setDefaultTimeout(30_000);
  });
  after(() => browser?.close());

  const picture = async (name: string) => {
    const folder = process.env.SCREENSHOTS;
    if (!folder) return;
    await page.waitForTimeout(1500); // a drawing moves into its place
    await page.screenshot({ path: join(folder, `${name}.png`) });
  };

  const openTrace = async (traceId: string) => {
    await page.goto(`${sandbox.zipkinUrl}/zipkin/traces/${traceId}`);
    await page.getByText('Total Spans').waitFor();
  };

  /** The cells of each row of the table on the page, without its header. */
  const cellsOfRows = async () => {
    await page.getByRole('row').nth(1).waitFor();
    return (await page.getByRole('row').allInnerTexts()).slice(1).map((row) => row.split(/\t|\n/).filter(Boolean));
  };

  test('choose front-proxy, run the query, open the trace', async () => {
    await tracedRequest('/trace/1', shapeOf('/trace/1'));
    await page.goto(`${sandbox.zipkinUrl}/zipkin/`);
    await page.getByTestId('add-button').click();
    await page.getByText('serviceName', { exact: true }).first().click();
    await page.getByText('front-proxy', { exact: true }).first().click();
    await page.getByRole('button', { name: 'Run Query' }).click();
    const show = page
      .getByRole('link', { name: 'Show' })
      .or(page.getByRole('button', { name: 'Show' }))
      .first();
    await show.waitFor();
    const found = (await cellsOfRows()).filter((row) => row.includes('front-proxy: get /trace/1'));
    assert.ok(
      found.some((row) => row.includes('11')),
      `a result's row counts eleven spans: ${found.join(' | ')}`,
    );
    await picture('search');
    await show.click();
    await page.getByText('Total Spans').waitFor();
    assert.match(page.url(), /\/zipkin\/traces\/[0-9a-f]{32}/);
  });

  test('the trace shows front-proxy, service1 and service2 in order, and its eleven spans in six rows, one for each shared id', async () => {
    const { answer } = await tracedRequest('/trace/1', shapeOf('/trace/1'));
    await openTrace(answer.traceId);
    await page.getByText('service2-app: get /trace/2').waitFor();
    await picture('trace');
    await page.getByRole('button', { name: 'Span Table' }).click();
    const rows = await cellsOfRows();
    assert.deepEqual(
      rows.map(([, service, name]) => `${service}: ${name}`),
      [
        'front-proxy: get /trace/1',
        'service1: ingress get /trace/1',
        'service1-app: get /trace/1',
        'service1: egress get /trace/2',
        'service2: ingress get /trace/2',
        'service2-app: get /trace/2',
      ],
    );
  });

  test('the dependency page shows the five services', async () => {
    const start = Date.now();
    await tracedRequest('/trace/1', shapeOf('/trace/1'));
    await page.goto(`${sandbox.zipkinUrl}/zipkin/dependency?startTime=${start}&endTime=${Date.now()}`);
    const canvas = page.locator('canvas').first();
    await canvas.waitFor();
    await picture('dependencies');

    await page.getByPlaceholder('Select...').click();
    assert.deepEqual(await page.getByRole('option').allInnerTexts(), [
      'front-proxy',
      'service1',
      'service1-app',
      'service2',
      'service2-app',
    ]);
  });

  test('a failed request is marked as an error', async () => {
    const nobody = encodeURIComponent('http://127.0.0.1:9/trace/2');
    await sandbox.ask('service1', 'app', `/lab/bypass-sidecar?direct=${nobody}`, 'POST');
    try {
      const { status, traceId } = await request('/trace/1');
      assert.equal(status, 502);
      await spansOf(traceId, 6);
      await openTrace(traceId);
      await page.getByText('service1-app: get /trace/1').first().click();
      await page.getByText('error', { exact: true }).first().waitFor();
      await picture('error');
    } finally {
      await resetLab(sandbox);
    }
  });
});
