// What people are told, through a mail server of somebody else's making: a request and its answer, in the mailbox and in
// the list; how somebody wants to be told; and a mail server that is away or knows nobody.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { freePort, startDev } from './lib/keywright.mjs';
import { MailServer } from './lib/mail.mjs';
import { ADMINISTRATOR, DEVELOPER, LEAD, SECOND_DEVELOPER } from './lib/people.mjs';
import { mint, signIn } from './lib/portal.mjs';

let keywright;
let mail;
let people;
let key;

before(async () => {
  mail = await MailServer.start();
  keywright = await startDev({ name: 'notifications', env: { KEYWRIGHT_DEV_MAIL: mail.url } });
  const administrator = await signIn(keywright.url, ADMINISTRATOR);
  const guardrails = await (await administrator.open('/admin/guardrails')).follow(/^standard developer/i);
  const form = guardrails.form(/^preview version/i).fill(/^budget a month, above the maximum/i, 'Ask for approval');
  let saved = await form.send();
  if (/preview/.test(saved.url.pathname)) saved = await saved.form(/^save/i).send();
  assert.match(saved.text, /saved as version/i);
  people = {
    administrator,
    developer: await signIn(keywright.url, DEVELOPER),
    lead: await signIn(keywright.url, LEAD),
    other: await signIn(keywright.url, SECOND_DEVELOPER),
  };
  await mint(people.developer, 'told about');
  key = (await (await people.developer.open('/keys')).follow(/^told about/)).url.pathname;
});
after(async () => {
  await keywright?.stop();
  await mail?.stop();
});

let dollars = 1000;

/** Asks for more money for the key than ever before; answers the request's page. */
async function ask(why) {
  dollars += 1000;
  const form = (await people.developer.open(`${key}/ask`)).form(/^ask/i);
  const asked = await form.fill(/^budget a month/i, String(dollars)).fill(/^why/i, why).send();
  assert.match(asked.url.pathname, /^\/requests\/ask_/, asked.text);
  return asked.url.pathname;
}

const bell = (page) => page.links(/^notifications/i)[0].text.replace(/\s+/g, ' ').trim();

test('whoever may answer gets a letter, and the answer reaches whoever asked', async () => {
  assert.match(bell(await people.developer.open('/')), /^Notifications$/);
  const request = await ask('A load test before the launch');
  const letter = await mail.next();
  assert.deepEqual(letter.to, ['lena@keywright.test'], 'the lead can answer: administrators need no letter');
  assert.match(letter.header('subject'), /asks for told about$/);
  assert.match(letter.header('list-unsubscribe'), /^<http:\/\/127\.0\.0\.1:\d+\/account\/notifications>$/);
  assert.equal(letter.header('auto-submitted'), 'auto-generated');
  assert.match(letter.header('content-type'), /^text\/plain/);
  const address = letter.text.match(/^http:\/\/\S+\/requests\/\S+$/m)?.[0];
  assert.equal(new URL(address).pathname, request);
  assert.match(bell(await people.lead.open('/')), /1 unread/);
  assert.match(bell(await people.administrator.open('/')), /1 unread/);

  const approved = await (await (await people.lead.open(address)).follow(/^approve$/i)).form(/^approve$/i).send();
  assert.match(approved.text, /approved by/i);
  const answer = await mail.next();
  assert.deepEqual(answer.to, ['dana@keywright.test']);
  assert.match(answer.header('subject'), /approved your request for told about$/);
  assert.doesNotMatch(answer.raw + letter.raw, /kwr_[0-9A-Za-z]{12}_/, 'no secret');

  const home = await people.developer.open('/');
  assert.match(bell(home), /1 unread/);
  const list = await home.follow(/^notifications/i);
  assert.match(list.text, /approved your request for told about/);
  const settled = await people.administrator.open('/notifications?view=unread');
  assert.match(settled.text, /nothing is unread/i, 'somebody has answered');
  const read = await list.form(/^mark as read/i).send();
  assert.doesNotMatch(bell(read), /unread/);
  assert.equal((await read.follow(/approved your request/)).url.pathname, request);
});

test('what one person was told is nobody else’s to mark', async () => {
  await ask('A second load test');
  await mail.next();
  const list = await people.lead.open('/notifications?view=unread');
  const action = list.html.match(/\/notifications\/note_\w+/)[0];
  assert.equal((await people.other.post(action, {})).status, 404);
  assert.equal((await people.developer.post(action, {})).status, 404);
  assert.match(bell(await people.lead.open('/')), /1 unread/);
  const all = await list.form(/^mark all as read/i).send();
  assert.doesNotMatch(bell(all), /unread/);
});

test('people choose how they are told', async () => {
  const page = await people.lead.open('/account/notifications');
  assert.match(page.text, /e-mail goes to lena@keywright\.test/i);
  const saved = await page.form(/^save$/i).fill(/^e-mail: a request waits for me/i, 'No e-mail').send();
  assert.match(saved.text, /saved/i);
  const administrators = await people.administrator.open('/account/notifications');
  await administrators.form(/^save$/i).fill(/^e-mail: a request waits for me/i, 'At once').send();
  await ask('A third load test');
  assert.deepEqual((await mail.next()).to, ['ada@keywright.test'], 'asked for, though a lead can answer');
  assert.match(bell(await people.lead.open('/')), /1 unread/, 'in the list all the same');
});

test('a mail server that is away delays letters and nothing else', async () => {
  const { port } = mail;
  await mail.stop();
  const began = Date.now();
  const request = await ask('While the mail server is away');
  assert.ok(Date.now() - began < 5_000, 'no page waits for it');
  const undelivered = await until(async () => {
    const page = await people.administrator.open('/admin/mail');
    return /1 e-mail did not arrive yet/i.test(page.text) && page;
  });
  assert.match(undelivered.text, /will be tried again/i);
  mail = await MailServer.start(port);
  const letter = await mail.next(120_000);
  assert.ok(letter.text.includes(request), 'nothing is lost');
});

test('a letter that is refused is given up, shown, and sent again', async () => {
  mail.refuse('550 5.1.1 no such user here');
  const request = await ask('To nobody');
  const overview = await until(async () => {
    const page = await people.administrator.open('/admin');
    return /1 e-mail could not be delivered/i.test(page.text) && page;
  });
  const failed = await until(async () => {
    const page = await overview.visitor.open('/admin/mail');
    return /no such user here/.test(page.text) && page;
  });
  mail.accept();
  const again = await failed.form(/^send again/i).send();
  assert.doesNotMatch(again.text, /no such user here/);
  assert.ok((await mail.next()).text.includes(request));
});

test('without a mail server the list is all there is, and the pages say so', async () => {
  const silent = await startDev({ name: 'notifications-silent', port: await freePort() });
  try {
    const developer = await signIn(silent.url, DEVELOPER);
    assert.match((await developer.open('/account/notifications')).text, /sends no e-mail/i);
    assert.match((await developer.open('/notifications')).text, /nothing yet/i);
  } finally {
    await silent.stop();
  }
});

/** Asks until it is so: what happens in the background takes its time. */
async function until(asked, within = 60_000) {
  const giveUp = Date.now() + within;
  for (;;) {
    const answer = await asked();
    if (answer) return answer;
    if (Date.now() > giveUp) throw new Error('it did not become so in time');
    await new Promise((done) => setTimeout(done, 200));
  }
}
