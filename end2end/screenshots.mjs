// The pictures of the README, taken from the real pages: `node screenshots.mjs`, after `cargo build`.
//
// A key that has been in use for a month cannot be had by waiting: its calls are real, and while the process is stopped
// they are dated back over the past weeks, the key with them. Nothing else is touched up.

import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { openBrowser, openWindow } from './lib/browser.mjs';
import { EMBEDDING, Gateway, LARGE, PER_REQUEST, SMALL } from './lib/gateway.mjs';
import { freePort, startDev, temporaryFolder } from './lib/keywright.mjs';
import { DEVELOPER } from './lib/people.mjs';
import { SECRET } from './lib/portal.mjs';

const PICTURES = join(import.meta.dirname, '..', 'docs', 'screenshots');
const DAYS = 29;
const HOUR_MS = 3_600_000n;
/** An event id is the time since 2024 above these bits. */
const SEQUENCE_BITS = 22n;
const EPOCH_MS = 1_704_067_200_000n;
/** How the store writes the outcome "denied". */
const DENIED = 5;

const data = await temporaryFolder('screenshots');
const port = await freePort();
const browser = await openBrowser();
mkdirSync(PICTURES, { recursive: true });
let keywright = await startDev({ name: 'screenshots', data, port });
try {
  const secret = await mintAndPicture();
  await useIt(new Gateway(keywright.url, secret));
  await keywright.stop();
  dateBack(join(data, 'keywright.db'));
  // The journal holds the same calls as of today; the database has them all.
  await rm(join(data, 'spool'), { recursive: true });
  keywright = await startDev({ name: 'screenshots', data, port });
  await useIt(new Gateway(keywright.url, secret), 6);
  const { page, close } = await signedIn();
  await page.goto('/keys');
  await page.getByRole('link', { name: 'invoice-parser', exact: true }).click();
  await page.screenshot({ path: join(PICTURES, 'key.png') });
  await close();
} finally {
  await browser.close();
  await keywright.stop();
  await rm(data, { recursive: true, force: true });
}

async function signedIn() {
  const window = await openWindow(browser, { origin: keywright.url, width: 1280, height: 1240 });
  await window.page.goto('/');
  await window.page.getByRole('link', { name: /sign in/i }).first().click();
  await window.page.getByRole('link', { name: DEVELOPER }).first().click();
  await window.page.waitForURL(`${keywright.url}/`);
  return window;
}

async function mintAndPicture() {
  const { page, close } = await signedIn();
  await page.goto('/keys/new');
  await page.getByLabel(/^name/i).fill('invoice-parser');
  await page.getByLabel(/coding or other agent/i).check();
  await page.getByRole('button', { name: 'Mint key', exact: true }).click();
  await page.getByText(/waiting for your first/i).waitFor();
  const secret = (await page.getByRole('textbox', { name: 'Key' }).inputValue()).trim();
  if (!SECRET.test(secret)) throw new Error('the secret is not where it was');
  await page.screenshot({ path: join(PICTURES, 'minted.png'), clip: { x: 0, y: 0, width: 1280, height: 880 } });
  await close();
  return secret;
}

/** Calls of several models and sizes, as a service that reads invoices might make them. */
async function useIt(gateway, calls = 56) {
  const invoice = 'Invoice 2026-0815, three positions, net amount, tax, total, payable within 14 days. '.repeat(40);
  const agents = ['python-openai/2.9.0', 'claude-cli/2.1.330', 'invoice-parser/1.4'];
  const kinds = [
    (more) => ['/v1/chat/completions', { model: LARGE, messages: [{ role: 'user', content: `${invoice}[long 180]` }], max_tokens: 400 + more }],
    (more) => ['/v1/messages', { model: LARGE, messages: [{ role: 'user', content: invoice.repeat(2) }], max_tokens: 300 + more }],
    (more) => ['/v1/chat/completions', { model: SMALL, messages: [{ role: 'user', content: `${invoice}[long 120]` }], max_tokens: 200 + more }],
    () => ['/v1/responses', { model: PER_REQUEST, input: 'Which of these is an invoice?' }],
    () => ['/v1/embeddings', { model: EMBEDDING, input: Array(8).fill(invoice) }],
  ];
  for (let n = 0; n < calls; n += 1) {
    const [path, body] = kinds[[0, 1, 0, 2, 3, 1, 0, 4, 1, 3][(n * 7) % 10]]((n * 37) % 90);
    const model = n % 19 === 11 ? 'gpt-unknown' : body.model;
    await gateway.call('POST', path, { ...body, model }, { headers: { 'user-agent': agents[n % 3], 'anthropic-version': '2023-06-01' } });
  }
}

/** Spreads the events over the past weeks, more towards the end, and sums them by the hour again. */
function dateBack(path) {
  const database = new DatabaseSync(path);
  const ids = database.prepare('select id from usage_event order by id');
  ids.setReadBigInts(true);
  const events = ids.all();
  const move = database.prepare('update usage_event set id = ? where id = ?');
  database.exec('begin');
  for (const [n, { id }] of events.entries()) {
    const hours = BigInt(Math.round(DAYS * 24 * (1 - (n / events.length) ** 0.8)));
    move.run(id - ((hours * HOUR_MS) << SEQUENCE_BITS), id);
  }
  const denied = `(outcome = ${DENIED})`;
  database.exec(`
    delete from usage_hour;
    insert into usage_hour
      select key_num, ((id >> ${SEQUENCE_BITS}) + ${EPOCH_MS}) / ${HOUR_MS}, model_num, sum(not ${denied}), 0, sum(${denied}),
        sum(input), sum(cache_read), sum(cache_write), sum(cache_write_1h), sum(output), sum(reasoning), sum(cost), sum(duration_ms)
      from usage_event group by 1, 2, 3;
    update virtual_key set created_at = created_at - ${BigInt(DAYS) * 24n * HOUR_MS};
    commit`);
  database.close();
}
