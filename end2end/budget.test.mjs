// A hard cap holds under concurrency: of 200 calls at once, a budget for 50 serves exactly 50, and nothing stays reserved.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CENT, Gateway, PER_REQUEST, codeOf, nano, ownBudget } from './lib/gateway.mjs';
import { startDev } from './lib/keywright.mjs';
import { DEVELOPER } from './lib/people.mjs';
import { mint, signIn, widenGuardrails } from './lib/portal.mjs';

const AFFORDABLE = 50;
const AT_ONCE = 200;

let keywright;
let gateway;

before(async () => {
  keywright = await startDev({ name: 'budget' });
  await widenGuardrails(keywright.url, { callsAMinute: 600, callsAtOnce: 250 });
  const secret = await mint(await signIn(keywright.url, DEVELOPER), 'two hundred at once', (form) => {
    form.fill(/^budget/i, '0.50');
    form.fill(/^requests a minute/i, '600');
    form.fill(/^calls at once/i, '250');
  });
  gateway = new Gateway(keywright.url, secret);
});
after(() => keywright?.stop());

test('200 parallel calls against a budget for 50', async (t) => {
  assert.deepEqual(ownBudget(await gateway.key()), { limit: CENT * BigInt(AFFORDABLE), spent: 0n, reserved: 0n });

  // Every call flies longer than it takes to send all of them: what is left is then held, not spent.
  let refusals = 0;
  let whileFlying;
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const answer = await gateway.chat('[slow 4000] hello', { model: PER_REQUEST });
      if (answer.status !== 200 && ++refusals === AT_ONCE - AFFORDABLE) whileFlying = await gateway.key();
      return answer;
    }),
  );
  const served = answers.filter((a) => a.status === 200);
  const refused = answers.filter((a) => a.status !== 200);

  await t.test('exactly 50 are served', () => {
    assert.equal(served.length, AFFORDABLE, summary(answers));
    assert.equal(new Set(served.map((a) => a.id)).size, AFFORDABLE, 'each has a request id of its own');
  });

  await t.test('the others are told that the money is held by calls in flight', () => {
    for (const answer of refused) {
      assert.equal(answer.status, 429, summary(answers));
      assert.equal(codeOf(answer), 'budget_reserved', answer.text);
      assert.ok(Number(answer.headers.get('retry-after')) >= 1, 'with a time to try again');
    }
  });

  const limit = CENT * BigInt(AFFORDABLE);
  await t.test('meanwhile everything is reserved and nothing spent', () => {
    assert.deepEqual(ownBudget(whileFlying), { limit, spent: 0n, reserved: limit });
  });

  await t.test('in the end what is spent is what was served, and nothing stays reserved', async () => {
    assert.deepEqual(ownBudget(await gateway.key()), { limit, spent: limit, reserved: 0n });
    for (const { id } of served) {
      const entry = await gateway.request(id);
      assert.equal(entry.status, 200, entry.text);
      assert.equal(nano(entry.json.cost), CENT, entry.text);
    }
  });

  await t.test('afterwards the budget is exhausted, and clients are told not to retry', async () => {
    const answer = await gateway.chat('hello', { model: PER_REQUEST });
    assert.equal(answer.status, 402, answer.text);
    assert.equal(codeOf(answer), 'budget_exhausted');
    assert.equal(answer.headers.get('x-should-retry'), 'false');
    const { spent, reserved, resets_at } = answer.json.error.limits;
    assert.deepEqual({ spent, reserved }, { spent: '0.50', reserved: '0.00' });
    assert.ok(Date.parse(resets_at) > Date.now(), answer.text);
  });
});

function summary(answers) {
  const counts = {};
  for (const answer of answers) {
    const kind = `${answer.status} ${codeOf(answer) ?? 'served'}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return JSON.stringify(counts);
}
