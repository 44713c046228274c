// The whole path as people walk it, in a real browser: sign in, mint, call, see the spend, revoke; then administer.
// Once with script and once without, since every task must be possible without. Pictures land in `screenshots/`.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { accessible, openBrowser, openWindow, picture, signIn } from './lib/browser.mjs';
import { EMBEDDING, Gateway, LARGE, SMALL, codeOf, isCompleteStream, nano, ownBudget } from './lib/gateway.mjs';
import { startDev } from './lib/keywright.mjs';
import { ADMINISTRATOR, DEVELOPER, SECOND_DEVELOPER } from './lib/people.mjs';
import { SECRET } from './lib/portal.mjs';
import { startProvider } from './lib/provider.mjs';

const CREDENTIAL = 'sk-our-own-provider-9PdE';

for (const script of [true, false]) {
  const mode = script ? 'with script' : 'without script';
  test(`from nothing to a revoked key, ${mode}`, async (t) => {
    const keywright = await startDev({ name: `journey ${mode}` });
    const provider = await startProvider({ credential: CREDENTIAL, models: ['house-model', 'house-model-mini'] });
    const browser = await openBrowser();
    const world = { browser, origin: keywright.url, script, provider, shot: shooter(script) };
    try {
      const developer = await openWindow(browser, { origin: keywright.url, script });
      world.page = developer.page;
      for (const [name, step] of Object.entries(STEPS)) {
        // A step that fails leaves nothing for the next to stand on.
        if (!(await passes(t, name, () => step(world)))) return;
      }
      await developer.close();
    } finally {
      await browser.close();
      await provider.stop();
      await keywright.stop();
    }
  });
}

const STEPS = {
  async '1. sign in at the identity provider, and come back'(world) {
    const { page, shot } = world;
    await page.goto('/');
    await shot(page, '1-welcome');
    await page.getByRole('link', { name: /sign in/i }).first().click();
    await shot(page, '1-accounts');
    await page.getByRole('link', { name: DEVELOPER }).first().click();
    await page.waitForURL(`${world.origin}/`);
    await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
  },

  async '2. home says what to do first; the mint form refuses with every reason at once'({ page, shot, script }) {
    await shot(page, '2-home-empty');
    await accessible(page, script);
    await page.getByRole('link', { name: /mint a key/i }).first().click();
    for (const label of [/^name/i, /^guardrails|^access profile/i]) await page.getByLabel(label).first().waitFor();
    await page.getByRole('group', { name: /what is it for/i }).waitFor();
    await shot(page, '2-mint');

    await openDetails(page, /limits and details/i);
    await page.getByLabel(/^budget a month/i).fill('1000000');
    await page.getByLabel(/^name/i).fill('   '); // not nothing, which the browser itself would stop
    await page.getByRole('button', { name: 'Mint key', exact: true }).click();
    const summary = page.getByRole('alert');
    await summary.waitFor();
    const reasons = await summary.getByRole('link').allInnerTexts();
    assert.ok(reasons.length >= 2, `every reason at once: ${reasons}`);
    assert.match(reasons.join(' '), /name/i);
    assert.match(reasons.join(' '), /at most \$/i);
    await openDetails(page, /limits and details/i);
    assert.equal(await page.getByLabel(/^budget a month/i).inputValue(), '1000000', 'what was typed is kept');
    await shot(page, '2-mint-refused');
    await accessible(page, script);
  },

  async '3. the secret is shown once, with snippets, and waits for the first call'(world) {
    const { page, shot, script, origin } = world;
    await openDetails(page, /limits and details/i);
    await page.getByLabel(/^budget a month/i).fill('20');
    await page.getByLabel(/^name/i).fill('prototype');
    if (script) {
      // Nothing was pressed: the server's verdict follows what is typed.
      await page.getByRole('status').getByText(/\$20\.00 a month.*ready at once/i).waitFor();
      assert.equal(await page.getByRole('alert').count(), 0, 'nor does an earlier refusal still say otherwise');
      await shot(page, '3-verdict');
    }
    await page.getByRole('button', { name: 'Mint key', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: /key minted/i }).waitFor();
    const field = page.getByLabel(/^(your |the )?(new )?(key|secret)/i).first();
    world.secret = (await field.inputValue()).trim();
    assert.match(world.secret, SECRET);
    assert.equal(await field.getAttribute('readonly'), '', 'to be copied, not edited');
    world.gateway = new Gateway(origin, world.secret);
    await shot(page, '3-secret');
    await accessible(page, script);

    const text = await page.getByRole('main').textContent();
    for (const client of ['curl', 'Python', 'Node', 'Claude Code', 'Codex']) assert.ok(text.includes(client), client);
    if (script) {
      await page.getByRole('button', { name: 'Copy key' }).click();
      assert.equal(await pasted(page.context()), world.secret);
    }

    // The snippet works as pasted.
    const snippet = await page.getByLabel('curl, macOS, Linux').textContent();
    assert.ok(snippet.includes(world.secret) && snippet.includes(origin), snippet);
    if (script) await page.getByText(/waiting for your first/i).waitFor();
    const { stdout } = await promisify(execFile)('bash', ['-euc', snippet], { timeout: 30_000 });
    assert.ok(stdout.includes('"usage"') || stdout.includes('data: '), stdout);

    if (script) {
      await page.getByText(/first call:|received/i).waitFor();
      await shot(page, '3-first-call');
      await page.reload();
    } else {
      const [keyPage] = await Promise.all([
        page.context().waitForEvent('page'),
        page.getByRole('link', { name: /check for the first call/i }).click(),
      ]);
      await keyPage.getByRole('table', { name: 'Recent calls' }).getByText(/^demo-/).waitFor();
      await keyPage.close();
      await page.reload();
    }
    await page.getByText(/already minted/i).waitFor();
    assert.ok(!(await page.content()).includes(world.secret), 'a reload does not show the secret again');
    await page.goto('/keys');
    assert.equal(await page.getByRole('link', { name: 'prototype', exact: true }).count(), 1, 'nor mints a second key');
    await shot(page, '3-keys');
  },

  async '4. every endpoint answers from the demo provider'(world) {
    const { gateway } = world;
    const ask = { model: SMALL, messages: [{ role: 'user', content: 'hello' }], max_tokens: 32 };
    const calls = [
      await gateway.call('POST', '/v1/chat/completions', ask),
      await gateway.call('POST', '/v1/chat/completions', { ...ask, stream: true }),
      await gateway.call('POST', '/v1/responses', { model: SMALL, input: 'hello' }),
      await gateway.call('POST', '/v1/responses', { model: SMALL, input: 'hello', stream: true }),
      await gateway.call('POST', '/v1/embeddings', { model: EMBEDDING, input: 'hello' }),
      await gateway.messages('hello'),
      await gateway.messages('hello', { stream: true }),
    ];
    for (const call of calls) assert.equal(call.status, 200, call.text);
    assert.ok(isCompleteStream(calls[1].text) && isCompleteStream(calls[6].text));
    assert.match(calls[3].text, /event: response\.completed\n/);

    const models = await gateway.call('GET', '/v1/models');
    assert.ok(models.json.data.some((model) => model.id === LARGE));
    const counted = await gateway.call('POST', '/v1/messages/count_tokens', { model: LARGE, messages: ask.messages });
    assert.ok(counted.json.input_tokens > 0, counted.text);

    const failed = await gateway.chat('[error 500] hello');
    assert.equal(failed.status >= 500, true, failed.text);
    const long = await gateway.chat('[long 300] hello', { max_tokens: 2000, stream: true });
    assert.ok(long.text.length > 300 * 20, 'three hundred words, each in its event');
    world.calls = [...calls, long];
  },

  async '5. the key page shows the spend, right to the nano-dollar'(world) {
    const { page, shot, script, gateway } = world;
    const own = ownBudget(await gateway.key());
    assert.equal(own.reserved, 0n);
    const costs = await Promise.all(world.calls.map(async ({ id }) => nano((await gateway.request(id)).json.cost)));
    const first = own.spent - costs.reduce((a, b) => a + b, 0n);
    assert.ok(first > 0n, 'what remains is the call of the pasted snippet');

    await page.goto('/keys');
    await page.getByRole('link', { name: 'prototype', exact: true }).click();
    world.keyUrl = page.url();
    const main = page.getByRole('main');
    await main.getByText(/left of \$20\.00/).first().waitFor();
    assert.match(await main.innerText(), /spent/i);
    assert.match(await main.innerText(), /reserved/i);
    const exact = page.getByRole('table', { name: 'Budgets to the nano-dollar' }).getByRole('row', { name: /this key, a month/i });
    const figure = async (column) => nano((await exact.getByRole('cell').nth(column).innerText()).trim());
    assert.equal(await figure(0), own.spent);
    assert.equal(await figure(1), own.reserved);
    assert.equal(await figure(2), own.limit - own.spent);
    await page.getByRole('img', { name: /spend/i }).first().waitFor();
    const calls = page.getByRole('table', { name: /recent calls/i }).or(page.locator('table', { hasText: /first byte|duration/i }));
    assert.ok((await calls.first().getByRole('row').count()) > world.calls.length, 'every call is listed');
    await shot(page, '5-key');
    await accessible(page, script);
  },

  async '6. rename, disable, rotate, revoke: each from the next call on'(world) {
    const { page, shot, origin, gateway, keyUrl } = world;
    const code = async (secret = world.secret) => codeOf(await new Gateway(origin, secret).chat('hello', { model: SMALL })) ?? 'served';

    await pressThrough(page, /rename/i, async () => page.getByLabel(/name/i).first().fill('prototype two'));
    await page.goto(keyUrl);
    await page.getByRole('heading', { level: 1, name: /prototype two/ }).waitFor();

    await pressThrough(page, /^disable/i);
    assert.equal(await code(), 'key_disabled');
    await page.goto(keyUrl);
    await page.getByText('Disabled', { exact: true }).first().waitFor();
    await pressThrough(page, /^enable/i);
    assert.equal(await code(), 'served');

    await page.goto(keyUrl);
    await page.getByRole('link', { name: /^rotate/i }).first().click();
    await page.getByLabel(/24 h/i).check();
    await page.getByRole('button', { name: /^rotate/i }).click();
    const rotated = (await page.getByLabel(/^(your |the )?(new )?(key|secret)/i).first().inputValue()).trim();
    assert.match(rotated, SECRET);
    assert.notEqual(rotated, world.secret);
    assert.equal(await code(rotated), 'served');
    assert.equal(await code(), 'served', 'the old secret lives on for a day');

    const stranger = await openWindow(world.browser, { origin, script: world.script });
    await signIn(stranger.page, SECOND_DEVELOPER, origin);
    assert.equal((await stranger.page.goto(keyUrl)).status(), 404, 'another person’s key does not exist');
    await stranger.close();

    await page.goto(keyUrl);
    await page.getByRole('link', { name: /^revoke/i }).first().click();
    await shot(page, '6-revoke');
    await page.getByLabel(/no longer needed/i).check();
    await page.getByRole('button', { name: /^revoke/i }).click();
    assert.equal(await code(), 'key_revoked');
    assert.equal(await code(rotated), 'key_revoked');
    assert.equal((await gateway.chat('hello')).status, 403);
    await page.goto(keyUrl);
    await page.getByText(/revoked .*by you|revoked .*by/i).first().waitFor();
    await shot(page, '6-revoked');
  },

  async '7. the administrator adds a provider, and everything is in the audit log'(world) {
    const { browser, origin, script, provider, shot } = world;
    const window = await openWindow(browser, { origin, script });
    const { page } = window;
    await signIn(page, ADMINISTRATOR, origin);

    await page.goto('/admin/providers');
    await page.getByRole('link', { name: /add provider/i }).first().click();
    await shot(page, '7-add-provider');
    await page.getByLabel(/^name/i).fill('Our own');
    await page.getByLabel(/address|base url/i).fill(provider.url);
    await page.getByLabel(/credential|api key/i).fill(CREDENTIAL);
    await page.getByRole('button', { name: /add|save/i }).first().click();
    await page.getByRole('heading', { level: 1, name: /Our own/ }).waitFor();
    await page.getByRole('button', { name: /test connection/i }).click();
    await page.getByText(/accepted|works|connected/i).first().waitFor();
    const html = await page.content();
    assert.ok(!html.includes(CREDENTIAL) && html.includes('9PdE'), 'write-only: the last four characters are all that returns');
    assert.ok(provider.seen.some((call) => call.path === '/v1/models'));
    await shot(page, '7-provider');
    await accessible(page, script);

    await page.goto('/keys?owner=everyone');
    await page.getByRole('link', { name: /revoked and expired/i }).click();
    await page.getByRole('link', { name: /prototype two/ }).first().waitFor();
    await shot(page, '7-everyones-keys');

    await page.goto('/admin/audit');
    const audit = await page.getByRole('main').innerText();
    for (const act of [/mint/i, /rotat/i, /revok/i, /disabl/i, /renam/i, /provider/i]) assert.match(audit, act);
    assert.ok(!audit.includes(CREDENTIAL) && !audit.includes(world.secret));
    await shot(page, '7-audit');
    await accessible(page, script);
    await window.close();
  },
};

async function passes(t, name, step) {
  let passed = false;
  await t.test(name, async () => {
    await step();
    passed = true;
  });
  return passed;
}

/** What the keyboard pastes. Reading the clipboard by script is what our pages forbid to everybody. */
async function pasted(context) {
  const elsewhere = await context.newPage();
  await elsewhere.setContent('<textarea aria-label="here"></textarea>');
  await elsewhere.getByLabel('here').press('Control+V');
  const text = await elsewhere.getByLabel('here').inputValue();
  await elsewhere.close();
  return text;
}

/** Follows the link or presses the button of an act, and confirms on the page of its own if there is one. */
async function pressThrough(page, name, fill) {
  const link = page.getByRole('link', { name });
  if (await link.count()) await link.first().click();
  if (fill) await fill();
  await page.getByRole('button', { name }).first().click();
}

async function openDetails(page, name) {
  const details = page.locator('details', { hasText: name }).first();
  if (!(await details.evaluate((element) => element.open))) await details.locator('summary').first().click();
}

/** The pages look the same without script; they are photographed once. */
function shooter(script) {
  return async (page, name) => {
    if (script) await picture(page, name);
  };
}
