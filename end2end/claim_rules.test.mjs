// Rules about claims against an identity provider that we did not write: what a rule gives is there after the sign-in, and
// gone after the next one without the group. And a test sign-in shows everything and signs nobody in.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { openBrowser, openWindow } from './lib/browser.mjs';
import { issueForLocalhost } from './lib/certificate.mjs';
import { install } from './lib/installation.mjs';
import { startIssuer } from './lib/issuer.mjs';
import { freePort, run, temporaryFolder } from './lib/keywright.mjs';

const SECRET = 'a client secret of sufficient length';

let folder;
let origin;
let installation;
let keywright;
let issuer;
let browser;
let administrator;

before(async () => {
  folder = await temporaryFolder('rules');
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  const tls = await issueForLocalhost(folder);
  issuer = await startIssuer({
    tls,
    clients: [
      {
        client_id: 'kw',
        client_secret: SECRET,
        redirect_uris: [`${origin}/auth/cb/sso`],
        post_logout_redirect_uris: [`${origin}/`],
      },
    ],
  });
  installation = await install({
    folder,
    port,
    egress: `ca_bundle = "${tls.authority}"`,
    issuers: `
[[issuer]]
id = "sso"
name = "Company SSO"
url = "${issuer.url}"
client_id = "kw"
client_secret = "${SECRET}"
scopes = ["profile", "email", "groups"]
`,
  });
  keywright = await installation.start({ name: 'rules' });
  browser = await openBrowser();
  administrator = await openWindow(browser, { origin });
  const invitation = await run({ args: ['admin', 'invite', '--config', installation.config] });
  await administrator.page.goto(invitation.stdout.match(/http:\/\/\S+/)[0]);
  await becomes(administrator.page, 'Grace Administrator');
});

after(async () => {
  await administrator?.close();
  await browser?.close();
  await keywright?.stop();
  await issuer?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('a rule gives a role and a team at sign-in, and takes both back when the group is gone', async () => {
  const { page } = administrator;
  await page.goto('/admin/teams/new');
  await page.getByLabel('Name').fill('Billing');
  await page.getByRole('button', { name: 'Add team' }).click();

  await addRule(page, { value: 'finance', gives: 'the lead of a team', team: 'Billing' });
  await addRule(page, { value: 'finance', gives: 'the role auditor' });
  await page.getByText('When a group is finance').first().waitFor();

  assert.match(await accountOf('Ada Developer'), /Roles\s+developer\s[\s\S]*Teams\s+none/);
  issuer.people.ada.groups = ['llm-users', 'finance'];
  assert.match(await accountOf('Ada Developer'), /Roles\s+auditor\s[\s\S]*Teams\s+Billing \(lead\)/);

  await page.goto('/admin/people');
  await page.getByRole('link', { name: 'Ada Developer' }).click();
  await page.getByText('by a rule about sign-in', { exact: true }).waitFor();

  issuer.people.ada.groups = ['llm-users'];
  assert.match(await accountOf('Ada Developer'), /Roles\s+developer\s[\s\S]*Teams\s+none/);
});

test('before a rule is saved it says who would change, and it is not saved without being looked at', async () => {
  const { page } = administrator;
  await page.goto('/admin/sign-in/rules/new');
  await page.getByLabel('Value').fill('llm-users');
  await page.getByLabel('Gives').selectOption({ label: 'the role auditor' });
  assert.equal(await page.getByRole('button', { name: 'Save rule' }).count(), 0);
  await page.getByRole('button', { name: 'See who would change' }).click();
  await page.getByRole('row', { name: /Ada Developer/ }).waitFor();
  await page.getByRole('link', { name: 'Cancel' }).click();
  assert.equal(await page.getByText('llm-users').count(), 0);
});

test('a test sign-in shows what the provider says and what rules make of it, and signs nobody in', async () => {
  const { page } = administrator;
  issuer.people.ada.groups = ['finance', 'frontier-models'];
  const before = await sessionCookies(page);
  await page.goto('/admin/sign-in');
  await page.getByText('Answers').waitFor();
  await page.getByRole('link', { name: 'as somebody else' }).click();
  await page.getByRole('link', { name: 'Ada Developer' }).click();
  await page.getByRole('heading', { level: 1, name: 'Test sign-in' }).waitFor();
  const shown = await page.getByRole('main').innerText();
  for (const what of ['Ada Developer', 'ada@example.com', 'frontier-models', 'by finance', 'lead of Billing']) {
    assert.ok(shown.includes(what), `${what} in ${shown}`);
  }
  assert.deepEqual(await sessionCookies(page), before, 'the administrator is who they were, in the same session');
  await page.getByRole('banner').getByText('Grace Administrator').waitFor();
  await page.getByLabel('Group without a rule').selectOption('frontier-models');
  await page.getByLabel('gives', { exact: true }).selectOption({ label: 'a group that guardrails name' });
  await page.getByRole('button', { name: 'Make a rule' }).click();
  assert.equal((await page.getByLabel('Value').inputValue()).trim(), 'frontier-models');
  assert.equal(await page.getByLabel('Identity provider').inputValue(), 'sso');

  const stranger = await openWindow(browser, { origin });
  await stranger.page.goto('/auth/test/sso');
  await stranger.page.getByRole('heading', { name: 'Who are you?' }).waitFor();
  assert.ok(new URL(stranger.page.url()).origin !== origin, 'who is not signed in is asked to sign in first');
  await stranger.close();
});

async function addRule(page, { value, gives, team }) {
  await page.goto('/admin/sign-in');
  await page.getByRole('link', { name: 'Add a rule' }).click();
  await page.getByLabel('Value').fill(value);
  await page.getByLabel('Gives').selectOption({ label: gives });
  if (team) await page.getByLabel('Team', { exact: true }).selectOption({ label: team });
  await page.getByRole('button', { name: 'See who would change' }).click();
  await page.getByRole('heading', { name: 'Who would change' }).waitFor();
  await page.getByRole('button', { name: 'Save rule' }).click();
  await page.getByText('The rule counts from each person').waitFor();
}

/** What somebody's own account page says after they have signed in afresh. */
async function accountOf(person) {
  const window = await openWindow(browser, { origin });
  await window.page.goto('/auth/login');
  await becomes(window.page, person);
  await window.page.goto('/account');
  const text = await window.page.getByRole('main').innerText();
  await window.close();
  return text;
}

async function becomes(page, person) {
  await page.getByRole('link', { name: person }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
}

async function sessionCookies(page) {
  const cookies = await page.context().cookies();
  return cookies.filter(({ name }) => /sid/.test(name)).map(({ value }) => value);
}
