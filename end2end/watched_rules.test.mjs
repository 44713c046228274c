// A rule of guardrails that is only watched: what it would refuse is served and counted, until it is enforced.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { accessible, openBrowser, openWindow, picture, signIn } from './lib/browser.mjs';
import { Gateway, LARGE, SMALL, codeOf } from './lib/gateway.mjs';
import { startDev } from './lib/keywright.mjs';
import { ADMINISTRATOR, DEVELOPER } from './lib/people.mjs';
import { mint, signIn as visit } from './lib/portal.mjs';

let keywright;
let browser;
let administrator;
let secret;

before(async () => {
  keywright = await startDev({ name: 'watched_rules' });
  secret = await mint(await visit(keywright.url, DEVELOPER), 'nightly');
  browser = await openBrowser();
  administrator = await openWindow(browser, { origin: keywright.url });
  await signIn(administrator.page, ADMINISTRATOR, keywright.url);
});
after(async () => {
  await administrator?.close();
  await browser?.close();
  await keywright?.stop();
});

test('a narrower list of models is watched, seen at work, and enforced', async () => {
  const { page } = administrator;
  await page.goto('/admin/guardrails');
  await page.getByRole('link', { name: 'Standard developer' }).click();
  await page.getByLabel('Models', { exact: true }).waitFor();
  const guardrails = page.url();
  await page.getByLabel('Models', { exact: true }).fill(SMALL);
  await page.getByLabel('Only watch: Models').check();
  await page.getByRole('button', { name: 'Preview version 2' }).click();
  await page.getByLabel(/existing keys too, from the next call on/i).check();
  await page.getByRole('button', { name: 'Save version 2' }).click();
  await page.getByText('Saved as version 2.').waitFor();
  await page.getByRole('link', { name: 'History' }).click();
  await page.getByText('Only watched: Models').waitFor();

  const served = await call(LARGE);
  assert.equal(served.status, 200, 'the rule refuses nothing');
  await page.goto(`/calls/${served.id}`);
  await page.getByText('Would have been refused: model_not_allowed (models).').waitFor();
  await picture(page, '9-call-watched');
  await accessible(page, true);

  await page.goto(guardrails);
  await picture(page, '9-guardrails-watching');
  await accessible(page, true);
  await page.getByRole('link', { name: '1 call of 1 key' }).click();
  await page.getByRole('link', { name: 'nightly' }).first().waitFor();
  await picture(page, '9-watched-rule');
  await accessible(page, true);
  await page.getByRole('link', { name: 'Enforce…' }).click();
  assert.equal(await page.getByLabel('Only watch: Models').isChecked(), false);
  await page.getByRole('button', { name: 'Preview version 3' }).click();
  await page.getByLabel(/existing keys too, from the next call on/i).check();
  await page.getByLabel('Refuse 1 call like these').check();
  await page.getByRole('button', { name: 'Save version 3' }).click();
  await page.getByText('Saved as version 3.').waitFor();
  assert.equal(codeOf(await call(LARGE)), 'model_not_allowed');
  assert.equal((await call(SMALL)).status, 200);
});

function call(model) {
  return new Gateway(keywright.url, secret).chat('hello', { model });
}
