// What an administrator does before others can work: models with deployments and prices, the catalogue, guardrails.
// Each change reaches the gateway with the next call.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { accessible, openBrowser, openWindow, picture, signIn } from './lib/browser.mjs';
import { Gateway, SMALL, codeOf, nano } from './lib/gateway.mjs';
import { startDev } from './lib/keywright.mjs';
import { ADMINISTRATOR, DEVELOPER, LEAD } from './lib/people.mjs';
import { mint, signIn as visit } from './lib/portal.mjs';
import { startProvider } from './lib/provider.mjs';

const CREDENTIAL = 'sk-our-own-provider-9PdE';

let keywright;
let provider;
let browser;
let window;
let page;
let gateway;

before(async () => {
  keywright = await startDev({ name: 'administration' });
  provider = await startProvider({ credential: CREDENTIAL, models: ['house-model'] });
  browser = await openBrowser();
  window = await openWindow(browser, { origin: keywright.url });
  page = window.page;
  gateway = new Gateway(keywright.url, await mint(await visit(keywright.url, DEVELOPER), 'served by us'));
  await signIn(page, ADMINISTRATOR, keywright.url);
});
after(async () => {
  await window?.close();
  await browser?.close();
  await provider?.stop();
  await keywright?.stop();
});

test('a provider of one’s own is refused with every reason at once, and then added', async () => {
  await page.goto('/admin/providers/new');
  await page.getByLabel(/^name/i).fill('   '); // not nothing, which the browser itself would stop
  await page.getByLabel(/^address/i).fill('http://models.example.com/v1');
  await page.getByRole('button', { name: 'Add provider', exact: true }).click();
  await page.getByRole('alert').first().waitFor(); // what follows does not wait by itself
  const reasons = await page.getByRole('alert').getByRole('link').allInnerTexts();
  assert.ok(reasons.length >= 2, `every reason at once: ${reasons}`);
  await picture(page, '7-add-provider-refused');

  await page.getByLabel(/^name/i).fill('Our own');
  await page.getByLabel(/^address/i).fill(provider.url);
  await page.getByLabel(/^credential/i).fill(CREDENTIAL);
  await page.getByRole('button', { name: 'Add provider', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Our own' }).waitFor();
});

test('a model by hand, with a deployment and a price, serves the next call at that price', async () => {
  assert.equal(codeOf(await gateway.chat('hello', { model: 'house-model' })), 'model_not_found');
  await page.getByRole('link', { name: 'Choose models' }).click();
  await page.getByRole('link', { name: 'Add a model by hand' }).click();
  await page.getByLabel(/^name/i).fill('house-model');
  await page.getByLabel('Called there, row 1').fill('house-model');
  await page.getByLabel('In', { exact: true }).fill('1.00');
  await page.getByLabel('Out', { exact: true }).fill('2.50');
  await picture(page, '7-add-model');
  await accessible(page, true);
  await page.getByRole('button', { name: 'Add model', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'house-model' }).waitFor();
  await picture(page, '7-model');

  const answer = await gateway.chat('hello', { model: 'house-model' });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.choices[0].message.content, 'Hello from our own machine');
  assert.equal(nano((await gateway.request(answer.id)).json.cost), 11n * 1_000n + 7n * 2_500n);
  const call = provider.seen.at(-1);
  assert.equal(call.headers.authorization, `Bearer ${CREDENTIAL}`);
  assert.ok(!JSON.stringify(call).includes(gateway.secret), 'the provider never sees the key');
});

test('a provider of the presets, with all its models of the catalogue', async () => {
  await page.goto('/admin/providers/new');
  await page.getByRole('navigation', { name: 'Kinds of provider' }).getByRole('link', { name: 'Anthropic', exact: true }).click();
  await page.getByLabel(/^credential/i).fill('sk-ant-never-used');
  await page.getByRole('button', { name: 'Add provider', exact: true }).click();
  await page.getByRole('link', { name: 'Choose models' }).click();
  const all = page.getByRole('button', { name: /^Add all \d+$/ });
  const count = (await all.innerText()).match(/\d+/)[0];
  await picture(page, '7-catalogue');
  await all.click();
  await page.getByText(`${count} models added.`).waitFor();
  const served = (await gateway.call('GET', '/v1/models')).json.data.map((model) => model.id);
  assert.ok(served.filter((name) => name.startsWith('claude-')).length > 3, served.join(', '));
});

test('guardrails by pattern reach existing keys with the next call', async () => {
  assert.equal((await gateway.chat('hello', { model: SMALL })).status, 200);
  await page.goto('/admin/guardrails');
  await page.getByRole('link', { name: 'Standard developer' }).click();
  await page.getByLabel('Models', { exact: true }).fill('claude-*\nhouse-*');
  await page.getByRole('button', { name: /^preview version 2/i }).click();
  await page.getByRole('button', { name: /^save version 2/i }).waitFor();
  await picture(page, '7-guardrails-preview');
  await accessible(page, true);
  // Calls with the small model are among those that would be refused.
  await page.getByLabel(/^refuse \d+ calls? like these/i).check();
  await page.getByRole('button', { name: /^save version 2/i }).click();
  await page.getByText(/saved as version 2/i).waitFor();
  await picture(page, '7-guardrails');
  await accessible(page, true);
  await page.getByRole('link', { name: 'History' }).click();
  await page.getByRole('link', { name: /compare with the one before/i }).click();
  await page.getByText('Model: claude-*').first().waitFor();
  await picture(page, '7-guardrails-compare');
  await accessible(page, true);

  const served = (await gateway.call('GET', '/v1/models')).json.data.map((model) => model.id);
  assert.ok(served.includes('house-model') && !served.includes(SMALL), served.join(', '));
  const refused = await gateway.chat('hello', { model: SMALL });
  assert.equal(refused.status, 403, refused.text);
  assert.equal(codeOf(refused), 'model_not_allowed');
  assert.equal((await gateway.chat('hello', { model: 'house-model' })).status, 200);
});

test('a budget of the organisation shows what is left, and refuses nonsense with every reason', async () => {
  await page.goto('/admin/budgets/organisation');
  await page.getByLabel('Budget a month').fill('lots');
  await page.getByLabel('Calls at once').fill('0.5');
  await page.getByRole('button', { name: 'Save limits' }).click();
  await page.getByRole('alert').first().waitFor(); // what follows does not wait by itself
  const reasons = await page.getByRole('alert').getByRole('link').allInnerTexts();
  assert.equal(reasons.length, 2, `every reason at once: ${reasons}`);
  await picture(page, '7-budget-refused');

  await page.getByLabel('Budget a month').fill('800.00');
  await page.getByLabel('Calls at once').fill('');
  await page.getByRole('button', { name: 'Save limits' }).click();
  await page.getByText(/^saved\. it counts from the next call/i).waitFor();
  assert.match(await page.getByRole('main').innerText(), /\$\d+\.\d\d left of \$800\.00/);
  await picture(page, '7-budget');
  await accessible(page, true);
});

test('a limit of the team reaches the next call of its member’s key, which is told whose limit it is', async () => {
  await page.goto('/admin/teams');
  await page.getByRole('link', { name: 'Search', exact: true }).click();
  await page.getByRole('link', { name: 'Budgets and limits' }).click();
  await page.getByLabel('Requests a minute').fill('1');
  await page.getByRole('button', { name: 'Save limits' }).click();
  await page.getByText(/^saved\. it counts from the next call/i).waitFor();

  const shared = (await gateway.call('GET', '/v1/key')).json.shared_limits;
  assert.deepEqual(shared.filter((level) => level.scope === 'team').map((level) => [level.name, level.requests_per_minute]), [['Search', 1]]);
  await gateway.chat('hello', { model: 'house-model' });
  const refused = await gateway.chat('hello', { model: 'house-model' });
  assert.equal(refused.status, 429, refused.text);
  assert.equal(codeOf(refused), 'rate_limited');
  assert.match(refused.json.error.message, /Search/);

  await page.getByLabel('Requests a minute').fill('');
  await page.getByRole('button', { name: 'Save limits' }).click();
  await page.getByText(/^saved\. it counts from the next call/i).waitFor();
  assert.equal((await gateway.chat('hello', { model: 'house-model' })).status, 200, 'taken back, it no longer counts');
});

test('a business unit takes the team in, and its lead sees what the team may spend', async () => {
  await page.goto('/admin/units/new');
  await page.getByLabel('Name').fill('Europe');
  await page.getByRole('button', { name: 'Add business unit' }).click();
  await page.getByRole('heading', { level: 1, name: 'Europe' }).waitFor();
  await page.getByLabel('Search', { exact: true }).check();
  await page.getByRole('button', { name: 'Save business unit' }).click();
  await page.getByText(/^saved\. calls are charged/i).waitFor();
  await picture(page, '7-unit');
  await accessible(page, true);
  await page.getByRole('link', { name: 'Budgets and limits' }).click();
  await page.getByLabel('Budget a month').fill('300');
  await page.getByRole('button', { name: 'Save limits' }).click();
  await page.getByText(/^saved\. it counts from the next call/i).waitFor();

  const lead = await visit(keywright.url, LEAD);
  const own = await (await lead.open('/')).follow(/^budgets of search$/i);
  assert.equal(own.status, 200);
  assert.match(own.text, /in Europe/);
  const stranger = await visit(keywright.url, DEVELOPER);
  assert.equal((await stranger.open(own.url.pathname)).status, 404, 'a plain member does not see the team’s money');
});

test('the pages of administration are whole, accessible and narrow enough', async () => {
  for (const path of ['/admin', '/admin/providers', '/admin/models', '/admin/guardrails', '/admin/budgets', '/admin/people', '/admin/teams', '/admin/audit']) {
    assert.equal((await page.goto(path)).status(), 200, path);
    await picture(page, `7${path.replaceAll('/', '-')}`);
    await accessible(page, true);
  }
});

test('the audit log holds all of it, and no credential', async () => {
  await page.goto('/admin/audit');
  const audit = await page.getByRole('main').innerText();
  for (const act of ['provider.added', 'model.added', 'profile.changed', 'limits.set', 'limits.cleared', 'unit.changed']) assert.ok(audit.includes(act), `${act} in ${audit}`);
  assert.ok(!(await page.content()).includes(CREDENTIAL));
});
