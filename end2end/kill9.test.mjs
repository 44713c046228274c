// `kill -9` during load: every answer that a client saw complete is in the ledger exactly once.
//
// The same rounds run against a binary that may be told to write its ledger behind the answers. That control must lose
// some: a proof that cannot fail proves nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rm } from 'node:fs/promises';

import { EMBEDDING, Gateway, LARGE, SMALL, isCompleteStream, ownBudget } from './lib/gateway.mjs';
import { freePort, run, startDev, temporaryFolder } from './lib/keywright.mjs';
import { readLedger } from './lib/ledger.mjs';
import { DEVELOPER } from './lib/people.mjs';
import { mint, signIn } from './lib/portal.mjs';

const ROUNDS = 6;
const CLIENTS = 12;
/** A round ends after so many complete answers; the number differs, so that the kill meets different moments. */
const answersBeforeTheKill = (round) => 30 + 23 * round;
const MOST_CALLS_OF_A_CLIENT = 400;

/** What a round asks for, in turn: whole answers, streams of both wire formats, and some that the kill will cut. */
const CALLS = [
  (gateway, signal) => gateway.chat('hello', { model: SMALL, max_tokens: 8, signal }),
  (gateway, signal) => gateway.call('POST', '/v1/embeddings', { model: EMBEDDING, input: 'hello' }, { signal }),
  (gateway, signal) => gateway.chat('hello', { model: LARGE, max_tokens: 8, stream: true, signal }),
  (gateway, signal) => gateway.messages('hello', { model: LARGE, max_tokens: 8, signal }),
  (gateway, signal) => gateway.messages('hello', { model: SMALL, max_tokens: 8, stream: true, signal }),
];

test('kill -9 loses no answer that a client saw complete, and charges none twice', async (t) => {
  const { seen, missing, entries, rolledUp, spent, reserved, verified } = await killRepeatedly({ name: 'kill9' });
  t.diagnostic(`${seen.length} complete answers over ${ROUNDS} kills, ${entries.length} entries in the ledger`);

  assert.deepEqual(missing, [], 'these were seen complete and are not in the ledger');
  const onDisk = new Map(entries.map((entry) => [entry.id, entry.cost]));
  assert.equal(onDisk.size, entries.length, 'an entry is there once');
  assert.equal(new Set(seen.map((answer) => answer.id)).size, seen.length, 'an id belongs to one answer');
  for (const { id, entry } of seen) {
    assert.equal(onDisk.get(id), BigInt(entry.cost), `${id} costs on disk what the gateway says`);
    assert.equal(entry.outcome, 'answered', `${id} was seen complete`);
    assert.ok(BigInt(entry.cost) > 0n, `${id} cost something`);
  }
  const sum = entries.reduce((total, entry) => total + entry.cost, 0n);
  assert.equal(spent, sum, 'the budget counts what the ledger lists, to the nano-dollar');
  assert.equal(rolledUp, sum, 'and so do the hourly figures');
  assert.equal(verified.code, 0, `keywright ledger verify: ${verified.stdout}${verified.stderr}`);
  assert.equal(reserved, 0n, 'nothing stays reserved for calls that died with the process');
});

test('control: a ledger written behind the answers loses some of them', async (t) => {
  const bin = process.env.KEYWRIGHT_BIN_WRITE_BEHIND;
  assert.ok(bin, 'KEYWRIGHT_BIN_WRITE_BEHIND must name a binary built with --features fault-injection (./check binary)');
  const { seen, missing } = await killRepeatedly({ name: 'kill9-write-behind', bin, env: { KEYWRIGHT_FAULT: 'write-behind' } });
  t.diagnostic(`${missing.length} of ${seen.length + missing.length} complete answers lost`);
  assert.ok(missing.length > 0, 'if write-behind loses nothing, the proof above proves nothing');
});

/** Load, kill, restart, compare; over and over on one data folder. */
async function killRepeatedly({ name, bin, env }) {
  const data = await temporaryFolder(name);
  const port = await freePort();
  const start = () => startDev({ name, bin, env, data, port });
  try {
    let keywright = await start();
    const gateway = new Gateway(keywright.url, await mint(await signIn(keywright.url, DEVELOPER), name, roomy));
    const seen = [];
    const missing = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const complete = await loadUntilKilled(gateway, keywright, answersBeforeTheKill(round));
      keywright = await start();
      for (const id of complete) {
        const entry = await gateway.request(id);
        if (entry.status === 200) seen.push({ id, entry: entry.json });
        else missing.push(`${id}: ${entry.status} ${entry.text}`);
      }
    }
    const { spent, reserved } = ownBudget(await gateway.key());
    const verified = await run({ bin, args: ['ledger', 'verify', '--data', data] });
    await keywright.stop();
    return { seen, missing, spent, reserved, verified, ...readLedger(data) };
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

/** Returns the ids of the answers that arrived whole before the process was killed in the middle of others. */
async function loadUntilKilled(gateway, keywright, enough) {
  const complete = [];
  const unexpected = [];
  const over = new AbortController();
  let killed;
  const client = async (offset) => {
    for (let n = 0; n < MOST_CALLS_OF_A_CLIENT && !killed; n += 1) {
      const answer = await CALLS[(n + offset) % CALLS.length](gateway, over.signal).catch((error) => ({ error }));
      if (answer.error) {
        if (!killed) unexpected.push(String(answer.error));
        return;
      }
      if (answer.status !== 200) {
        unexpected.push(`${answer.status} ${answer.text}`);
        return;
      }
      const whole = answer.headers.get('content-type').startsWith('text/event-stream') ? isCompleteStream(answer.text) : answer.json;
      if (whole) complete.push(answer.id);
      if (complete.length >= enough) killed ??= keywright.kill9();
    }
  };
  // Whatever happens, the load ends: by the kill, by its count, or by this time.
  const limit = setTimeout(() => over.abort(), 120_000);
  await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(i)));
  clearTimeout(limit);
  assert.ok(killed, `only ${complete.length} of ${enough} answers arrived: ${[...new Set(unexpected)].join('; ')}`);
  await killed;
  assert.deepEqual(unexpected, [], 'before the kill every call is served');
  return complete;
}

/** Limits wide enough that money and rates play no part in this proof. */
function roomy(form) {
  form.fill(/^requests a minute/i, '6000');
}
