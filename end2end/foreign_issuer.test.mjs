// Production mode against an identity provider that we did not write: configuration file, TLS with an own authority,
// a client secret and a signed assertion, a real browser. And what goes wrong at sign-in ends on a page that says so.

import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { openBrowser, openWindow } from './lib/browser.mjs';
import { issueForLocalhost } from './lib/certificate.mjs';
import { keyPair, startIssuer } from './lib/issuer.mjs';
import { install } from './lib/installation.mjs';
import { freePort, run, temporaryFolder } from './lib/keywright.mjs';

const SECRET = 'a client secret of sufficient length';

/** Two ways for a client to prove itself, one provider each: their names are what the sign-in page offers. */
const WAYS = {
  secret: { label: 'Secret SSO', method: 'client_secret_basic' },
  assertion: { label: 'Assertion SSO', method: 'private_key_jwt' },
};

let folder;
let origin;
let installation;
let keywright;
let browser;
const issuers = {};

before(async () => {
  folder = await temporaryFolder('foreign');
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  const tls = await issueForLocalhost(folder);
  const pair = await keyPair('ES256');
  const redirect = (id) => ({ redirect_uris: [`${origin}/auth/cb/${id}`], post_logout_redirect_uris: [`${origin}/`] });
  issuers.secret = await startIssuer({
    tls,
    clients: [{ client_id: 'kw-secret', client_secret: SECRET, token_endpoint_auth_method: 'client_secret_basic', ...redirect('secret') }],
  });
  issuers.assertion = await startIssuer({
    tls,
    clients: [
      {
        client_id: 'kw-assertion',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks: { keys: [pair.public] },
        ...redirect('assertion'),
      },
    ],
  });
  await writeFile(join(folder, 'client.secret'), SECRET, { mode: 0o600 });
  await writeFile(join(folder, 'client.pem'), pair.pem, { mode: 0o600 });
  installation = await install({
    folder,
    port,
    egress: `ca_bundle = "${tls.authority}"`,
    issuers: `
[[issuer]]
id = "secret"
name = "${WAYS.secret.label}"
url = "${issuers.secret.url}"
client_id = "kw-secret"
client_secret_file = "${folder}/client.secret"

[[issuer]]
id = "assertion"
name = "${WAYS.assertion.label}"
url = "${issuers.assertion.url}"
client_id = "kw-assertion"
private_key_file = "${folder}/client.pem"
`,
  });
  keywright = await installation.start({ name: 'foreign' });
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await keywright?.stop();
  await Promise.all(Object.values(issuers).map((issuer) => issuer.stop()));
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('serve --check tries it all, and says what to enter at the provider', async () => {
  const { code, stdout, stderr } = await run({ args: ['serve', '--config', installation.config, '--check'] });
  assert.equal(code, 0, stdout + stderr);
  for (const what of ['listen address', 'data folder', 'root secret', 'database', 'issuer secret', 'issuer assertion']) {
    assert.match(stdout, new RegExp(`^ok +${what}: `, 'm'), what);
  }
  for (const id of Object.keys(WAYS)) assert.ok(stdout.includes(`redirect URI: ${origin}/auth/cb/${id}`), stdout);
  for (const vendor of ['Okta', 'Entra ID', 'PingOne']) assert.ok(stdout.includes(vendor), vendor);
  assert.ok(!stdout.includes(SECRET));
});

test('an authority that is not listed is not believed', async () => {
  const other = await install({
    folder: join(folder, 'without bundle'),
    issuers: (await readFile(installation.config, 'utf8')).split(/^(?=\[\[issuer\]\])/m).slice(1).join(''),
  });
  const { code, stdout } = await run({ args: ['serve', '--config', other.config, '--check'] });
  assert.notEqual(code, 0);
  assert.match(stdout, /^FAILED  issuer secret: .*certificate/im);
  assert.match(stdout, /^FAILED  issuer assertion: .*certificate/im);
});

test('a second process does not start on the same database, and says why', async () => {
  const second = await run({ args: ['serve', '--config', installation.config] });
  assert.notEqual(second.code, 0);
  assert.match(second.stderr + second.stdout, /already|in use|another|locked/i);
});

for (const [id, way] of Object.entries(WAYS)) {
  test(`sign in, and out, with ${way.method}`, async () => {
    const window = await openWindow(browser, { origin });
    const { page } = window;
    await signIn(page, way.label, 'Ada Developer');
    assert.equal(new URL(page.url()).origin, origin);
    await page.getByText('Ada Developer').first().waitFor();

    const asked = issuers[id].seen.authorizations.at(-1);
    assert.equal(asked.response_type, 'code');
    assert.equal(asked.code_challenge_method, 'S256');
    assert.ok(asked.code_challenge.length >= 43 && asked.nonce.length >= 22 && asked.state.length >= 22);
    assert.ok(asked.scope.split(' ').includes('openid'));
    const exchange = issuers[id].seen.tokenRequests.at(-1);
    assert.equal(exchange.clientAuthentication, way.method);
    assert.equal(exchange.error, undefined);

    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.waitForURL((url) => url.origin !== origin); // the provider ends its own session, too
    await page.goto('/keys');
    await signInOffer(page).waitFor();
    await window.close();
  });
}

test('whoever signs in is a developer, until invited as administrator', async () => {
  const plain = await openWindow(browser, { origin });
  await signIn(plain.page, WAYS.secret.label, 'Grace Administrator');
  const refused = await plain.page.goto('/admin/providers');
  assert.ok([403, 404].includes(refused.status()), `an uninvited person got ${refused.status()}`);
  await plain.close();

  const invitation = await run({ args: ['admin', 'invite', '--config', installation.config] });
  assert.equal(invitation.code, 0, invitation.stderr);
  const link = invitation.stdout.match(/http:\/\/\S+/)?.[0];
  assert.ok(link, invitation.stdout);
  const window = await openWindow(browser, { origin });
  await window.page.goto(link);
  await chooseProvider(window.page, WAYS.secret.label);
  await window.page.getByRole('link', { name: 'Grace Administrator' }).click();
  await window.page.waitForURL(`${origin}/**`);
  assert.equal((await window.page.goto('/admin/providers')).status(), 200);
  await window.close();

  const again = await openWindow(browser, { origin });
  await again.page.goto(link);
  await chooseProvider(again.page, WAYS.secret.label);
  await again.page.getByRole('link', { name: 'Ada Developer' }).click();
  await again.page.getByRole('heading', { name: /no longer valid/i }).waitFor();
  await refusedClearly(again.page);
  await again.close();
});

test('a token with another nonce is refused', async () => {
  const { page, close } = await failedSignIn('secret', {
    authorization: (query) => ({ ...query, nonce: 'another-nonce-than-the-one-asked-for' }),
  });
  await refusedClearly(page);
  await close();
});

test('a callback with another state is refused', async () => {
  const { page, close } = await failedSignIn('secret', {
    authorization: (query) => ({ ...query, state: 'a-state-that-nobody-began-with' }),
  });
  await refusedClearly(page);
  await close();
});

test('a provider that fails at the code exchange is a clear page, and not our fault', async () => {
  const { page, close } = await failedSignIn('secret', {
    token: (ctx) => {
      ctx.status = 500;
      ctx.body = 'out of order: <b>internal detail</b>';
    },
  });
  await refusedClearly(page);
  assert.doesNotMatch(await page.content(), /internal detail/, 'what the provider said stays inside');
  await close();
});

test('cancelling at the provider leads back to the sign-in page', async () => {
  const window = await openWindow(browser, { origin });
  await window.page.goto('/');
  await chooseProvider(window.page, WAYS.secret.label);
  await window.page.getByRole('link', { name: 'Cancel' }).click();
  await refusedClearly(window.page);
  await window.close();
});

test('a login transaction that has gone is refused, and one can begin again', async () => {
  const window = await openWindow(browser, { origin });
  const { page } = window;
  await page.goto('/');
  await chooseProvider(page, WAYS.secret.label);
  await page.context().clearCookies({ name: /login/ });
  await page.getByRole('link', { name: 'Ada Developer' }).click();
  await refusedClearly(page);
  // The provider remembers who this is, so that it does not ask a second time.
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await page.getByRole('link', { name: WAYS.secret.label }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
  await window.close();
});

test('a replayed callback is refused, with and without the cookies of the first', async () => {
  const window = await openWindow(browser, { origin });
  const { page } = window;
  let callback;
  page.on('request', (request) => {
    if (request.url().startsWith(`${origin}/auth/cb/`)) callback = request.url();
  });
  await signIn(page, WAYS.secret.label, 'Ada Developer');
  assert.ok(callback);
  const exchanges = issuers.secret.seen.tokenRequests.length;

  const stranger = await openWindow(browser, { origin });
  const elsewhere = await stranger.page.goto(callback);
  assert.ok(elsewhere.status() >= 400 && elsewhere.status() < 500, `replayed elsewhere: ${elsewhere.status()}`);
  await refusedClearly(stranger.page);
  await stranger.close();

  await page.goto(callback);
  assert.equal(issuers.secret.seen.tokenRequests.length, exchanges, 'a replayed code is never sent to the provider');
  await page.goto('/keys');
  await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor();
  await window.close();
});

async function signIn(page, label, person) {
  await page.goto('/');
  await chooseProvider(page, label);
  await page.getByRole('link', { name: person }).click();
  await page.waitForURL((url) => url.origin === origin && !url.pathname.startsWith('/auth/cb/'));
  await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
}

/** From whichever page offers it, to the provider's own page. */
async function chooseProvider(page, label) {
  const direct = page.getByRole('link', { name: label });
  if ((await direct.count()) === 0) await page.getByRole('link', { name: /sign in/i }).first().click();
  await direct.first().click();
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
}

function signInOffer(page) {
  return page.getByRole('link', { name: /sign in/i }).first();
}

async function failedSignIn(id, tamper) {
  const window = await openWindow(browser, { origin });
  Object.assign(issuers[id].tamper, tamper);
  try {
    await window.page.goto('/');
    await chooseProvider(window.page, WAYS[id].label);
    await window.page.getByRole('link', { name: 'Ada Developer' }).click();
    await window.page.waitForURL(`${origin}/**`);
  } finally {
    Object.assign(issuers[id].tamper, { authorization: undefined, token: undefined });
  }
  return window;
}

/** Not signed in, told what happened, and offered the way on. */
async function refusedClearly(page) {
  assert.equal(new URL(page.url()).origin, origin);
  await signInOffer(page).waitFor();
  assert.match(await page.getByRole('main').innerText(), /sign/i);
  assert.equal(await page.getByRole('button', { name: 'Sign out', exact: true }).count(), 0);
  const { status } = await page.evaluate(() => fetch('/keys', { redirect: 'manual' }).then((r) => ({ status: r.status })));
  assert.notEqual(status, 200, 'nobody is signed in');
}
