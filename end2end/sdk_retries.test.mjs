// The official Node SDKs as they retry by themselves: what will pass is tried again, a spent budget is not.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { clients } from './lib/clients.mjs';
import { LARGE, PER_REQUEST } from './lib/gateway.mjs';
import { startDev } from './lib/keywright.mjs';
import { DEVELOPER } from './lib/people.mjs';
import { mint, signIn } from './lib/portal.mjs';

const RETRIES = 3;

let keywright;
let developer;

before(async () => {
  keywright = await startDev({ name: 'sdk_retries' });
  developer = await signIn(keywright.url, DEVELOPER);
});
after(() => keywright?.stop());

/** The SDK called `name` with a key of its own, and the status of each attempt that it makes. */
async function withKey(name, { retries = RETRIES, edit } = {}) {
  const apiKey = await mint(developer, name, edit);
  const attempts = [];
  const counting = async (...request) => {
    const answer = await fetch(...request);
    attempts.push(answer.status);
    return answer;
  };
  const client = clients({ url: keywright.url, apiKey, fetch: counting, retries }).find((one) => one.name === name);
  return { client, attempts, apiKey };
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

for (const { name } of clients({ url: 'http://127.0.0.1:9', apiKey: 'not used' })) {
  describe(name, () => {
    test('waits and tries again while another call holds the only place', async () => {
      const { client, attempts, apiKey } = await withKey(name, { edit: (form) => form.fill(/^calls at once/i, '1') });
      const other = await running(apiKey);
      const [answer] = await Promise.all([client.say({ model: PER_REQUEST, prompt: 'hello' }), other.text()]);
      assert.match(answer.text, /^You wrote: “hello”/);
      assert.ok(attempts.length > 1 && attempts.slice(0, -1).every((status) => status === 429), `${attempts}`);
      assert.equal(attempts.at(-1), 200);
    });

    test('does not try again when the budget is spent', async () => {
      const { client, attempts } = await withKey(name, { edit: (form) => form.fill(/^budget/i, '0.01') });
      await client.say({ model: PER_REQUEST, prompt: 'hello' });
      await assert.rejects(client.say({ model: PER_REQUEST, prompt: 'hello' }), /budget/i);
      assert.deepEqual(attempts, [200, 402]);
    });

    test('does not try again what cannot succeed', async () => {
      const { client, attempts } = await withKey(name);
      await assert.rejects(client.say({ model: 'no-such-model', prompt: 'hello' }), /no-such-model/);
      assert.deepEqual(attempts, [404]);
    });

    test('tries again when the provider is out of order', async () => {
      const { client, attempts } = await withKey(name, { retries: 1 });
      await assert.rejects(client.say({ model: PER_REQUEST, prompt: '[error 503]' }));
      assert.equal(attempts.length, 2, `${attempts}`);
      assert.ok(attempts.every((status) => status >= 500), `${attempts}`);
    });
  });
}
