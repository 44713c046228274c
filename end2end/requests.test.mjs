// Asking for a key above the guardrails, without script: a developer asks, the lead gives less, the developer takes the
// secret and calls.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Gateway } from './lib/gateway.mjs';
import { startDev } from './lib/keywright.mjs';
import { ADMINISTRATOR, DEVELOPER, LEAD, SECOND_DEVELOPER } from './lib/people.mjs';
import { SECRET, signIn } from './lib/portal.mjs';

let keywright;
let developer;
let lead;
let address;

before(async () => {
  keywright = await startDev({ name: 'requests' });
  const administrator = await signIn(keywright.url, ADMINISTRATOR);
  const guardrails = await (await administrator.open('/admin/guardrails')).follow(/^standard developer/i);
  const form = guardrails.form(/^preview version/i).fill(/^budget a month, above the maximum/i, 'Ask for approval');
  let saved = await form.send();
  // Without a call in the last thirty days there is nothing to preview.
  if (/preview/.test(saved.url.pathname)) saved = await saved.form(/^save/i).send();
  assert.match(saved.text, /saved as version/i);
  developer = await signIn(keywright.url, DEVELOPER);
  lead = await signIn(keywright.url, LEAD);
});
after(async () => {
  await keywright?.stop();
});

test('over the maximum the field offers both ways out, and asking says who decides', async () => {
  const form = (await developer.open('/keys/new')).form(/^mint key$/i).fill(/^name/i, 'load test').fill(/^budget a month/i, '5000');
  const refused = await form.send();
  assert.equal(refused.status, 422);
  assert.match(refused.text, /or ask for \$5,000\.00/i);
  const asking = await refused.form(/^ask for \$5,000\.00 a month$/i).send();
  assert.equal(asking.status, 200, asking.text);
  assert.match(asking.text, /an administrator decides, usually within 24 hours/i);

  const request = await asking.form(/^ask for this key$/i).fill(/^why/i, 'A load test before the launch').send();
  assert.match(request.url.pathname, /^\/requests\/ask_/);
  assert.match(request.text, /waits with/i);
  address = request.url.pathname;
  const other = await signIn(keywright.url, SECOND_DEVELOPER);
  assert.equal((await other.open(address)).status, 404, 'nobody else’s business');
});

test('the lead sees what it would mean and gives less', async () => {
  const queue = await lead.open('/approvals');
  assert.match(queue.text, /load test, a new key/i);
  assert.match(queue.text, /may spend \$5,000\.00 a month/i);
  const less = await queue.follow(/^less/i);
  const tooMuch = await less.form(/^approve this$/i).fill(/^budget a month/i, '6000').send();
  assert.equal(tooMuch.status, 422, tooMuch.text);
  const approved = await tooMuch.form(/^approve this$/i).fill(/^budget a month/i, '2000').send();
  assert.match(approved.text, /approved by .*\$2,000\.00 a month until/i);
  assert.equal(approved.readOnlyValue(SECRET), undefined, 'whoever decides never sees a secret');
});

test('whoever asked takes the secret once, and the call is served', async () => {
  const page = await developer.open(address);
  const taken = await page.form(/^take the secret$/i).send();
  const secret = taken.readOnlyValue(SECRET);
  assert.ok(secret, taken.text);
  const gateway = new Gateway(keywright.url, secret);
  const answer = await gateway.chat('hello');
  assert.equal(answer.status, 200, answer.text);
  assert.match(JSON.stringify(await gateway.key()), /2000/);
  const again = await page.form(/^take the secret$/i).send();
  assert.equal(again.readOnlyValue(SECRET), undefined);
  assert.match((await developer.open('/requests')).text, /approved/i);
});
