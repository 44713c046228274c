// Trying a model out: by posting forms alone, and with the answer streaming into the page.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { accessible, openBrowser, openWindow, picture, signIn } from './lib/browser.mjs';
import { startDev } from './lib/keywright.mjs';
import { DEVELOPER } from './lib/people.mjs';
import * as portal from './lib/portal.mjs';

let keywright;
let browser;

before(async () => {
  keywright = await startDev({ name: 'playground' });
  browser = await openBrowser();
  const developer = await portal.signIn(keywright.url, DEVELOPER);
  await (await developer.open('/keys/new')).form(/^mint key$/i).fill(/^name/i, 'tries').send();
});
after(async () => {
  await browser?.close();
  await keywright?.stop();
});

for (const script of [false, true]) {
  describe(script ? 'with script' : 'without script', () => {
    let window;
    let page;
    before(async () => {
      window = await openWindow(browser, { origin: keywright.url, script });
      page = window.page;
      await signIn(page, DEVELOPER, keywright.url);
      await page.getByRole('link', { name: 'Playground' }).click();
      await page.getByLabel('Model').selectOption('demo-small');
    });
    after(() => window?.close());
    const send = async (message) => {
      await page.getByLabel('Message').fill(message);
      await page.getByRole('button', { name: 'Send' }).click();
    };
    const turns = () => page.getByRole('list', { name: 'Conversation' }).getByRole('listitem');
    const figures = () => page.locator('#figures');
    const startOver = () => page.getByRole('link', { name: 'Start over' });

    test('two turns are answered, paid for and lead to the call', async () => {
      await send('What is <b>this</b>?');
      await figures().getByText('Cost').waitFor();
      assert.match(await turns().first().textContent(), /What is <b>this<\/b>\?/, 'text stays text');
      await send('[system] And now?');
      await turns().nth(1).waitFor();
      await figures().getByText('First byte after').waitFor();
      assert.equal(await page.getByLabel('Message').inputValue(), '');
      assert.equal(await turns().count(), 2);
      assert.ok(await startOver().isVisible(), 'there is something to leave behind');
      await accessible(page, script);
      await picture(page, `playground.${script ? 'script' : 'plain'}`);
      await figures().getByRole('link').click();
      await page.getByText('tried out in the playground').waitFor();
    });

    test('a conversation is left behind for a new one', async () => {
      await page.goto('/playground');
      assert.equal(await startOver().count(), 0, 'nothing was said yet');
      await send('What is this?');
      await figures().getByText('Cost').waitFor();
      await startOver().click();
      await turns().first().waitFor({ state: 'detached' });
      assert.equal(await startOver().count(), 0);
    });

    test('a refusal says what to do, and keeps what was typed', async () => {
      await page.goto('/playground');
      await page.getByText('System prompt and length').click();
      await page.getByLabel('Longest answer').fill('none');
      await send('Tell me more');
      await page.getByRole('alert').getByText(/whole number/).waitFor();
      assert.equal(await page.getByLabel('Message').inputValue(), 'Tell me more');
      await page.getByLabel('Longest answer').fill('200');
      await send('[error 500]');
      await page.getByRole('alert').waitFor();
      assert.equal(await page.getByLabel('Message').inputValue(), '[error 500]');
      await send('Go on');
      await figures().getByText('Cost').waitFor();
      assert.equal(await page.getByRole('alert').count(), 0, 'what was said of an earlier try is gone');
    });
  });
}

test('a running answer can be stopped, and the conversation goes on', async () => {
  const window = await openWindow(browser, { origin: keywright.url });
  const { page } = window;
  await signIn(page, DEVELOPER, keywright.url);
  await page.goto('/playground');
  await page.getByText('System prompt and length').click();
  await page.getByLabel('Longest answer').fill('');
  await page.getByLabel('Message').fill('[long 20000]');
  await page.getByRole('button', { name: 'Send' }).click();
  const answer = page.getByRole('list', { name: 'Conversation' }).getByRole('listitem').locator('[data-answered]');
  await answer.filter({ hasText: /\w+ \w+/ }).first().waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('alert').getByText(/^Stopped/).waitFor();
  await page.getByRole('button', { name: 'Send' }).and(page.locator(':enabled')).waitFor();
  await page.getByLabel('Message').fill('And briefly?');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('#figures').getByText('Cost').waitFor();
  assert.equal(await page.getByRole('listitem').filter({ hasText: 'And briefly?' }).count(), 1);
  await window.close();
});
