// Lists in the order of a column, on an installation with a past: from the titles of the columns, without script, through
// the filter and over pages.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { accessible, openBrowser, openWindow, SCREENSHOTS, signIn } from './lib/browser.mjs';
import { run, startDev, temporaryFolder } from './lib/keywright.mjs';
import { ADMINISTRATOR } from './lib/people.mjs';

describe('lists', () => {
  let data;
  let keywright;
  let browser;

  before(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    data = await temporaryFolder('sorting');
    const size = ['--keys', '240', '--people', '60', '--calls', '4000', '--days', '40'];
    const seeded = await run({ args: ['seed', '--data', data, ...size] });
    assert.equal(seeded.code, 0, seeded.stderr);
    keywright = await startDev({ name: 'sorting', data });
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await keywright?.stop();
    await rm(data, { recursive: true, force: true });
  });

  const asAdministrator = async (options) => {
    const window = await openWindow(browser, { origin: keywright.url, ...options });
    await signIn(window.page, ADMINISTRATOR, keywright.url);
    return window;
  };
  const names = (page) => page.locator('tbody tr .name > a').allInnerTexts();
  const title = (page, text) => page.getByRole('columnheader').getByRole('link', { name: text });
  const next = (page) => page.getByRole('link', { name: 'Next' }).click();
  // As the store compares: folded, then letter by letter.
  const byName = (list) => [...list].sort((a, b) => compared(a.toLowerCase(), b.toLowerCase()));
  const compared = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  for (const script of [true, false]) {
    test(`of keys, ${script ? 'with' : 'without'} script`, async () => {
      const { page, close } = await asAdministrator({ script });
      await page.goto('/keys?owner=everyone');
      const usual = await names(page);
      await title(page, 'Key').click();
      let seen = await names(page);
      assert.equal(await page.locator('th[aria-sort]').getAttribute('aria-sort'), 'ascending');
      await next(page);
      seen = [...seen, ...(await names(page))];
      assert.equal(seen.length, 100);
      assert.deepEqual(seen, byName(seen), 'two pages are one list');

      await title(page, 'Key').click();
      const [last] = await names(page);
      assert.ok(compared(last.toLowerCase(), seen.at(-1).toLowerCase()) > 0, 'turned round, and from the first page');
      await page.getByLabel('Environment').selectOption({ index: 1 });
      await page.getByRole('button', { name: 'Filter' }).click();
      assert.match(page.url(), /sort=-name/, 'the filter keeps the order');
      const filtered = await names(page);
      assert.deepEqual(filtered, byName(filtered).reverse());

      await title(page, 'Last used').click();
      assert.doesNotMatch(await page.locator('tbody tr').first().innerText(), /never/i);
      await title(page, 'Last used').click();
      assert.match(await page.locator('tbody tr').first().innerText(), /never/i, 'what was never used comes first');
      await page.screenshot({ path: join(SCREENSHOTS, `sorting-keys${script ? '' : '-plain'}.png`) });
      await page.getByRole('link', { name: 'Newest first' }).click();
      await page.getByLabel('Environment').selectOption({ index: 0 });
      await page.getByRole('button', { name: 'Filter' }).click();
      assert.deepEqual(await names(page), usual);
      await close();
    });
  }

  test('of people, usage, models, budgets and teams', async () => {
    const { page, close } = await asAdministrator({ script: true });
    for (const [path, text] of [
      ['/admin/people', 'Last sign-in'],
      ['/usage?range=30&by=team', 'Requests'],
      ['/usage?range=30&by=team', 'Refused'],
      ['/admin/models', 'In, per million'],
      ['/admin/budgets', 'Budget (tightest)'],
      ['/admin/teams', 'Members'],
    ]) {
      await page.goto(path);
      await title(page, text).click();
      const found = await names(page);
      const sorted = page.locator('th[aria-sort]');
      assert.equal((await sorted.innerText()).trim(), text);
      const first = await sorted.getAttribute('aria-sort');
      await page.screenshot({ path: join(SCREENSHOTS, `sorting-${text.replace(/\W+/g, '-')}.png`) });
      await title(page, text).click();
      assert.notEqual(await sorted.getAttribute('aria-sort'), first);
      if (path !== '/admin/budgets') assert.notDeepEqual(await names(page), found, `${text} turns the list round`);
    }
    await close();
  });

  test('on a narrow screen, where titles are a line of links', async () => {
    const { page, close } = await asAdministrator({ script: true, width: 360, colorScheme: 'dark' });
    await page.goto('/keys?owner=everyone');
    await page.screenshot({ path: join(SCREENSHOTS, 'sorting-narrow-usual.png') });
    await page.getByRole('link', { name: 'Expires' }).click();
    assert.match(page.url(), /sort=expires/);
    await page.screenshot({ path: join(SCREENSHOTS, 'sorting-narrow.png') });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    await accessible(page, true);
    await close();
  });
});
