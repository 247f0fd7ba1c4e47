import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { resetLab } from '../../sandbox/lab/cases.js';
import { request, sandbox, shapeOf, spansOf, tracedRequest } from './requests.js';

/** The sandbox as a person sees it. Pictures go to the folder SCREENSHOTS, where it is set. */
const candidates = [
  process.env.CHROMIUM_BIN,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = candidates.find((path) => path && existsSync(path));
const skip = !executablePath && process.env.CI !== 'true' && 'no Chromium is installed; set CHROMIUM_BIN to one';

/** As root in a container Chromium has no sandbox of its own to offer; and it is to ask nobody outside. */
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
    page.setDefaultTimeout(15_000);
  });
  after(() => browser?.close());

  const picture = async (name: string) => {
    const folder = process.env.SCREENSHOTS;
    if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
  };

  const openTrace = async (traceId: string) => {
    await page.goto(`${sandbox.zipkinUrl}/zipkin/traces/${traceId}`);
    await page.getByText('Total Spans').waitFor();
  };

  /** What the details beside the picture of a trace say of the selected span. */
  const labelsOfRows = async () => {
    await page.getByRole('button', { name: 'Span Table' }).click();
    await page.getByRole('row').nth(1).waitFor();
    return (await page.getByRole('row').allInnerTexts()).slice(1).map((row) => row.split(/\t|\n/).filter(Boolean));
  };

  test('choose front-proxy, run the query, open the trace', async () => {
    await tracedRequest('/trace/1', await shapeOf('/trace/1'));
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
    await picture('search');
    await show.click();
    await page.getByText('Total Spans').waitFor();
    assert.match(page.url(), /\/zipkin\/traces\/[0-9a-f]{32}/);
  });

  test('the trace: front-proxy, service1, service2 in order; its eleven spans in six rows, a row for each shared id', async () => {
    const { answer } = await tracedRequest('/trace/1', await shapeOf('/trace/1'));
    await openTrace(answer.traceId);
    await page.getByText('service2-app: get /trace/2').waitFor();
    await picture('trace');
    const rows = await labelsOfRows();
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
    const durations = rows.map((row) => Number.parseFloat(row.at(-1) ?? ''));
    assert.ok(
      durations.every((milliseconds) => milliseconds > 0 && milliseconds < 15_000),
      String(durations),
    );
  });

  test('the dependency page shows every service of the path', async () => {
    const end = Date.now() + 60_000;
    await page.goto(`${sandbox.zipkinUrl}/zipkin/dependency?startTime=${end - 7_200_000}&endTime=${end}`);
    await page.locator('canvas').first().waitFor();
    const links = await page.evaluate(
      async (query) => (await fetch(query)).json(),
      `/zipkin/api/v2/dependencies?endTs=${end}&lookback=7200000`,
    );
    const pairs = (links as { parent: string; child: string }[]).map(({ parent, child }) => `${parent} → ${child}`);
    for (const pair of [
      'front-proxy → service1',
      'service1 → service1-app',
      'service1-app → service1',
      'service1 → service2',
      'service2 → service2-app',
    ]) {
      assert.ok(pairs.includes(pair), pair);
    }
    await page.waitForTimeout(1500); // the drawing swings into place
    await picture('dependencies');
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
      const red = await page.evaluate(() =>
        [...document.querySelectorAll('*')].some((element) => {
          const { color, backgroundColor, fill } = getComputedStyle(element);
          return [color, backgroundColor, fill].some((value) =>
            /^rgb\((1[5-9]\d|2\d\d), ([0-9]|[1-6]\d), ([0-9]|[1-7]\d)\)$/.test(value),
          );
        }),
      );
      assert.ok(red, 'something on the page is red');
    } finally {
      await resetLab(sandbox);
    }
  });
});
