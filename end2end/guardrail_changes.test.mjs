// A change of guardrails that keys come to later: each at its next rotation, or all from a day on, unless it is withdrawn.
// Until then every page says so, and calls go on as before.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { accessible, openBrowser, openWindow, picture, signIn } from './lib/browser.mjs';
import { Gateway, LARGE, SMALL, codeOf } from './lib/gateway.mjs';
import { startDev } from './lib/keywright.mjs';
import { ADMINISTRATOR, DEVELOPER } from './lib/people.mjs';
import { mint, signIn as visit } from './lib/portal.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;

let keywright;
let browser;
let administrator;
let developer;
let secret;

before(async () => {
  keywright = await startDev({ name: 'guardrail_changes' });
  secret = await mint(await visit(keywright.url, DEVELOPER), 'nightly');
  browser = await openBrowser();
  administrator = await openWindow(browser, { origin: keywright.url });
  developer = await openWindow(browser, { origin: keywright.url });
  await signIn(administrator.page, ADMINISTRATOR, keywright.url);
  await signIn(developer.page, DEVELOPER, keywright.url);
});
after(async () => {
  await developer?.close();
  await administrator?.close();
  await browser?.close();
  await keywright?.stop();
});

test('a key comes to narrower guardrails with its rotation, and not before', async () => {
  await change({ models: SMALL, version: 2, reach: /each at its next rotation/i });
  const { page } = administrator;
  await page.getByText(/1 key keeps to an older version\. At the next rotation of its secret/).waitFor();
  await picture(page, '8-guardrails-coming');
  await accessible(page, true);
  assert.equal((await call(secret, LARGE)).status, 200, 'until its rotation the key has what it had');

  const key = developer.page;
  await key.goto('/keys');
  await key.getByRole('link', { name: 'nightly' }).click();
  await key.getByText(/from the next rotation of its secret on this key goes by version 2/i).waitFor();
  await picture(key, '8-key-coming');
  await accessible(key, true);
  await key.getByRole('link', { name: /^rotate/i }).first().click();
  await picture(key, '8-rotate-coming');
  await key.getByRole('button', { name: /^rotate/i }).click();
  secret = (await key.getByLabel(/^(your |the )?(new )?(key|secret)/i).first().inputValue()).trim();

  assert.equal(codeOf(await call(secret, LARGE)), 'model_not_allowed');
  assert.equal((await call(secret, SMALL)).status, 200);
});

test('a change that comes on a day is told of until then, and can be withdrawn', async () => {
  const tomorrow = new Date(Date.now() + DAY_MS).toISOString().slice(0, 10);
  await change({ models: 'nothing-of-this-name', version: 3, reach: /from a day on/i, from: tomorrow });
  const { page } = administrator;
  const notice = page.getByText(/1 key keeps to an older version until/);
  await notice.waitFor();
  await picture(page, '8-guardrails-coming-on-a-day');
  assert.equal((await call(secret, SMALL)).status, 200);
  assert.equal(codeOf(await call(await mint(await visit(keywright.url, DEVELOPER), 'newer'), SMALL)), 'model_not_allowed');

  await page.getByRole('button', { name: 'Withdraw it for existing keys' }).click();
  await notice.waitFor({ state: 'detached' });
  await developer.page.goto('/keys');
  await developer.page.getByRole('link', { name: 'nightly' }).click();
  await developer.page.getByRole('heading', { level: 1, name: 'nightly' }).waitFor();
  assert.equal(await developer.page.getByText(/this key goes by version 3/i).count(), 0);
  assert.equal((await call(secret, SMALL)).status, 200);
});

/** Saves the guardrails that keys are minted under with these models. */
async function change({ models, version, reach, from }) {
  const { page } = administrator;
  await page.goto('/admin/guardrails');
  await page.getByRole('link', { name: 'Standard developer' }).click();
  await page.getByLabel('Models', { exact: true }).fill(models);
  await page.getByRole('button', { name: new RegExp(`^preview version ${version}`, 'i') }).click();
  await page.getByRole('button', { name: new RegExp(`^save version ${version}`, 'i') }).waitFor();
  await page.getByLabel(reach).check();
  if (from) await page.getByLabel('From', { exact: true }).fill(from);
  const accept = page.getByLabel(/^refuse \d+ calls? like these/i);
  if (await accept.count()) await accept.check();
  await page.getByRole('button', { name: new RegExp(`^save version ${version}`, 'i') }).click();
  await page.getByText(new RegExp(`saved as version ${version}`, 'i')).waitFor();
}

function call(key, model) {
  return new Gateway(keywright.url, key).chat('hello', { model });
}
