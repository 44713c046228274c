// Debian's Chromium, driven as a person would use it: by roles, labels and what is written on the buttons.
//
// Nothing leaves the machine: every name but loopback resolves to nothing. A page that reports an error of its own (a
// refused inline style, a failing script) fails the test at `close`, whatever else was right.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

export const SCREENSHOTS = join(import.meta.dirname, '..', 'screenshots');

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

export async function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGUMENTS });
}

/** One person's window: cookies of its own. `script` is whether the browser runs any. */
export async function openWindow(browser, { origin, script = true, width = 1280, height = 900, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({
    baseURL: origin,
    javaScriptEnabled: script,
    viewport: { width, height },
    colorScheme,
    ignoreHTTPSErrors: true, // the identity provider's authority lives for one run
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...(script && { permissions: ['clipboard-read', 'clipboard-write'] }),
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A refused form is a 422 on purpose; the browser reports such an answer as an error of the page. What pages that
    // are not ours have to complain about is not our business.
    const expected = /Failed to load resource: the server responded with a status of (4\d\d|502)/.test(message.text());
    if (message.type() === 'error' && !expected && page.url().startsWith(origin)) {
      complaints.push(`${page.url()}: ${message.text()}`);
    }
  });
  return {
    page,
    complaints,
    async close() {
      await context.close();
      if (complaints.length > 0) throw new Error(`the pages complained:\n${complaints.join('\n')}`);
    },
  };
}

/** Through the development identity provider's picker, and back to the first page. */
export async function signIn(page, account, origin) {
  await page.goto('/');
  await page.getByRole('link', { name: /sign in/i }).first().click();
  await page.getByRole('link', { name: account }).first().click();
  await page.waitForURL(`${origin}/`);
}

/** Axe, in light and dark. It is script itself, so only where the browser runs any. */
export async function accessible(page, script) {
  if (!script) return;
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const found = (await violations(page)).map((v) => `${v.id} (${colorScheme}): ${v.nodes.map((n) => n.target.join(' ')).slice(0, 5).join(', ')}`);
    assert.deepEqual(found, [], `${page.url()} is not accessible to everyone`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** What Axe has to say about the page as it is shown now: all that it knows, or only by some rules. */
export async function violations(page, rules) {
  // Our pages have no frames, for which it would open a window of its own each time.
  const builder = new AxeBuilder({ page }).setLegacyMode(true);
  if (rules) builder.withRules(rules);
  return (await builder.analyze()).violations;
}

/** The page as it is now, in light and dark, and as narrow as a telephone. */
export async function picture(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const size = page.viewportSize();
  const shots = [
    { suffix: 'light', colorScheme: 'light', width: size.width },
    { suffix: 'dark', colorScheme: 'dark', width: size.width },
    { suffix: 'narrow', colorScheme: 'light', width: 360 },
  ];
  for (const { suffix, colorScheme, width } of shots) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: size.height });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.${suffix}.png`), fullPage: true });
    if (width === 360) await nothingScrollsSideways(page, name);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(size);
}

/** By how many pixels the page is wider than its window. */
export async function overflow(page) {
  // Works without script on the page too: this runs in the browser's own world.
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

async function nothingScrollsSideways(page, name) {
  const over = await overflow(page);
  if (over > 0) throw new Error(`${name}: at 360 pixels the page is ${over} pixels too wide`);
}
