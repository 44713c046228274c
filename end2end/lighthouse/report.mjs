// What Lighthouse thinks of the main pages, each as the person it is for and with a little in them:
//
//     npm --prefix lighthouse ci && node lighthouse/report.mjs
//
// Its performance figures are of this machine at this moment, under the throttling of a phone. Nothing is asserted.

import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';

import { openBrowser, openWindow, signIn } from '../lib/browser.mjs';
import { startDev } from '../lib/keywright.mjs';
import { ADMINISTRATOR, DEVELOPER, LEAD } from '../lib/people.mjs';
import { makeScene } from '../lib/scene.mjs';

const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const PAGES = [
  [undefined, '/'],
  [DEVELOPER, '/'],
  [DEVELOPER, '/keys'],
  [DEVELOPER, '/keys/new'],
  [DEVELOPER, '/keys/{key}'],
  [DEVELOPER, '/models'],
  [LEAD, '/usage'],
  [LEAD, '/approvals'],
  [ADMINISTRATOR, '/admin'],
  [ADMINISTRATOR, '/usage'],
  [ADMINISTRATOR, '/admin/guardrails'],
  [ADMINISTRATOR, '/admin/people'],
];

const keywright = await startDev({ name: 'lighthouse' });
const browser = await openBrowser();
try {
  const scene = await makeScene(keywright.url);
  const cookies = new Map([[undefined, '']]);
  for (const person of new Set(PAGES.flatMap(([person]) => person ?? []))) {
    const { page } = await openWindow(browser, { origin: keywright.url });
    await signIn(page, person, keywright.url);
    const kept = await page.context().cookies();
    cookies.set(person, kept.map(({ name, value }) => `${name}=${value}`).join('; '));
  }
  for (const [person, address] of PAGES) {
    const path = address.replace(/\{(\w+)\}/g, (_, name) => scene[name]);
    const scores = await look(`${keywright.url}${path}`, cookies.get(person));
    console.log(path.padEnd(28), ...scores);
  }
} finally {
  await browser.close();
  await keywright.stop();
}

async function look(url, cookie) {
  const chrome = await launch({
    chromePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    chromeFlags: ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
  try {
    const headers = cookie ? { Cookie: cookie } : {};
    const options = { port: chrome.port, onlyCategories: CATEGORIES, extraHeaders: headers, logLevel: 'error' };
    const { lhr } = await lighthouse(url, options);
    const failed = Object.values(lhr.audits).filter(({ score, scoreDisplayMode }) => score === 0 && scoreDisplayMode === 'binary');
    const scores = CATEGORIES.map((id) => `${id} ${Math.round(lhr.categories[id].score * 100)}`.padEnd(20));
    return [...scores, failed.map(({ id }) => id).join(' ')];
  } finally {
    chrome.kill();
  }
}
