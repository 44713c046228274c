// The official Node SDKs as they retry by themselves: what will pass is tried again, a spent budget is not.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { clients } from './lib/clients.mjs';
import { GEMINI, Gateway, LARGE, PER_REQUEST } from './lib/gateway.mjs';
import { startDev } from './lib/keywright.mjs';
import { DEVELOPER } from './lib/people.mjs';
import { mint, signIn } from './lib/portal.mjs';

/** Enough for as long as the other call may take on a busy machine. */
const RETRIES = 8;

let keywright;
const keys = {};

before(async () => {
  keywright = await startDev({ name: 'sdk_retries' });
  const developer = await signIn(keywright.url, DEVELOPER);
  keys.ordinary = await mint(developer, 'ordinary', (form) => form.fill(/^requests a minute/i, '120'));
  keys.oneAtATime = await mint(developer, 'one at a time', (form) => form.fill(/^calls at once/i, '1'));
  keys.spent = await mint(developer, 'spent', (form) => form.fill(/^budget/i, '0.01'));
  assert.equal((await new Gateway(keywright.url, keys.spent).chat('hello', { model: PER_REQUEST })).status, 200);
});
after(() => keywright?.stop());

/** The SDK called `name`, and the status of each attempt that it makes. */
function counted(name, apiKey, retries = RETRIES) {
  const attempts = [];
  const counting = async (...request) => {
    const answer = await fetch(...request);
    attempts.push(answer.status);
    return answer;
  };
  const client = clients({ url: keywright.url, apiKey, fetch: counting, retries }).find((one) => one.name === name);
  return { client, attempts };
}

/** A call that has begun, and goes on for a second: its first words are here. */
async function running(apiKey) {
  const answer = await fetch(`${keywright.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: LARGE, messages: [{ role: 'user', content: '[long 30] hello' }], max_tokens: 64, stream: true }),
  });
  assert.equal(answer.status, 200);
  return answer;
}

for (const { name, format } of clients({ url: 'http://127.0.0.1:9', apiKey: 'not used' })) {
  const model = format === 'gemini' ? GEMINI : LARGE;
  describe(name, () => {
    test('waits and tries again while another call holds the only place', async () => {
      const { client, attempts } = counted(name, keys.oneAtATime);
      const other = await running(keys.oneAtATime);
      const [answer] = await Promise.all([client.say({ model, prompt: 'hello' }), other.text()]);
      assert.match(answer.text, /^You wrote: “hello”/);
      assert.ok(attempts.length > 1 && attempts.slice(0, -1).every((status) => status === 429), `${attempts}`);
      assert.equal(attempts.at(-1), 200);
    });

    test('does not try again when the budget is spent', async () => {
      const { client, attempts } = counted(name, keys.spent);
      await assert.rejects(client.say({ model, prompt: 'hello' }), /budget/i);
      assert.deepEqual(attempts, [402]);
    });

    test('does not try again what cannot succeed', async () => {
      const { client, attempts } = counted(name, keys.ordinary);
      await assert.rejects(client.say({ model: 'no-such-model', prompt: 'hello' }), /no-such-model/);
      assert.deepEqual(attempts, [404]);
    });

    test('tries again when the provider is out of order', async () => {
      const { client, attempts } = counted(name, keys.ordinary, 1);
      await assert.rejects(client.say({ model, prompt: '[error 503]' }));
      assert.equal(attempts.length, 2, `${attempts}`);
      assert.ok(attempts.every((status) => status >= 500), `${attempts}`);
    });
  });
}
