// `kill -9` during load: every answer that a client saw complete is in the ledger exactly once.
//
// The same rounds run against a binary that may be told to write its ledger behind the answers. That control must lose
// some: a proof that cannot fail proves nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rm } from 'node:fs/promises';

import { EMBEDDING, Gateway, LARGE, SMALL, isCompleteStream, nano, ownBudget } from './lib/gateway.mjs';
import { freePort, run, startDev, temporaryFolder } from './lib/keywright.mjs';
import { readLedger } from './lib/ledger.mjs';
import { DEVELOPER } from './lib/people.mjs';
import { mint, signIn, widenGuardrails } from './lib/portal.mjs';

const ROUNDS = 6;
const CLIENTS = 12;
/** A round ends after so many complete answers; the number differs, so that the kill meets different moments. */
const answersBeforeTheKill = (round) => 60 + 53 * round;
const MOST_CALLS_OF_A_CLIENT = 400;

const STREAM_ROUNDS = 3;
const STREAMS = ['/v1/chat/completions', '/v1/responses', '/v1/messages'];
/** The demo provider says a word every 30 ms; what was said is written down every two seconds. */
const EVENTS_BEFORE_A_CHECKPOINT = 120;

/** Only a binary built for it knows this. */
const FAULT = { KEYWRIGHT_FAULT: 'write-behind' };

/** What a round asks for, in turn: whole answers, streams of both wire formats, and some that the kill will cut. */
const CALLS = [
  (gateway, signal) => gateway.chat('hello', { model: SMALL, max_tokens: 8, signal }),
  (gateway, signal) => gateway.call('POST', '/v1/embeddings', { model: EMBEDDING, input: 'hello' }, { signal }),
  (gateway, signal) => gateway.chat('hello', { model: LARGE, max_tokens: 8, stream: true, signal }),
  (gateway, signal) => gateway.messages('hello', { model: LARGE, max_tokens: 8, signal }),
  (gateway, signal) => gateway.messages('hello', { model: SMALL, max_tokens: 8, stream: true, signal }),
];

test('kill -9 loses no answer that a client saw complete, and charges none twice', async (t) => {
  // What is shipped cannot be told to lie: the variable of the control is set here, too.
  const { seen, entries, rolledUp, spent, reserved, verdicts } = await killRepeatedly({ name: 'kill9', env: FAULT });
  t.diagnostic(`${seen.length} complete answers over ${ROUNDS} kills, ${entries.length} entries in the ledger`);

  assert.deepEqual(missing(seen, entries), [], 'these were seen complete and are not in the ledger');
  const onDisk = new Map(entries.map((entry) => [entry.id, entry]));
  assert.equal(onDisk.size, entries.length, 'an entry is there once');
  assert.equal(new Set(seen.map((answer) => answer.id)).size, seen.length, 'an id belongs to one answer');
  let told = 0;
  for (const { id, cost } of seen) {
    const entry = onDisk.get(id);
    assert.equal(entry.status, 200n, `${id} was answered`);
    assert.ok(entry.cost > 0n, `${id} cost something`);
    if (cost === undefined) continue; // a stream, whose head leaves before its cost is known
    told += 1;
    assert.equal(entry.cost, cost, `${id} costs in the ledger what the client was told`);
  }
  assert.ok(told > 0 && told < seen.length, 'plain answers and streams');
  const sum = entries.reduce((total, entry) => total + entry.cost, 0n);
  assert.equal(spent, sum, 'the budget counts what the ledger lists, to the nano-dollar');
  assert.equal(rolledUp, sum, 'and so do the hourly figures');
  assert.equal(reserved, 0n, 'nothing stays reserved for calls that died with the process');
  for (const { code, stdout, stderr } of verdicts) {
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Drift 0/);
  }
});

test('control: a ledger written behind the answers loses some of them', async (t) => {
  const bin = process.env.KEYWRIGHT_BIN_WRITE_BEHIND;
  assert.ok(bin, 'KEYWRIGHT_BIN_WRITE_BEHIND must name a binary built with --features fault-injection (./check binary)');
  const { seen, entries } = await killRepeatedly({ name: 'kill9-write-behind', bin, env: FAULT });
  const lost = missing(seen, entries);
  t.diagnostic(`${lost.length} of ${seen.length} complete answers lost`);
  assert.ok(lost.length > 0, 'if write-behind loses nothing, the proof above proves nothing');
  assert.ok(entries.length > 0, 'it loses what is young, and not everything');
});

test('kill -9 in the middle of streams: each is charged what it had said, and nothing stays reserved', async (t) => {
  const data = await temporaryFolder('kill9-streams');
  const port = await freePort();
  const start = () => startDev({ name: 'kill9-streams', data, port });
  let keywright;
  try {
    keywright = await start();
    await widenGuardrails(keywright.url, { callsAMinute: 6000, callsAtOnce: 100 });
    const gateway = new Gateway(keywright.url, await mint(await signIn(keywright.url, DEVELOPER), 'streams', roomy));
    const ids = [];
    for (let round = 0; round < STREAM_ROUNDS; round += 1) {
      const talking = await Promise.all(STREAMS.map((path) => openStream(gateway, path)));
      await Promise.all(talking.map((stream) => stream.hasSaid(EVENTS_BEFORE_A_CHECKPOINT)));
      const justBegun = await Promise.all(STREAMS.map((path) => openStream(gateway, path)));
      await keywright.kill9();
      const streams = [...talking, ...justBegun];
      await Promise.all(streams.map((stream) => stream.ended));
      for (const { text } of streams) assert.ok(!isCompleteStream(text()), 'a stream that was killed does not look whole');

      keywright = await start();
      for (const { id } of streams) {
        const { json: call } = await gateway.request(id);
        assert.equal(call?.outcome, 'interrupted', `${id} is known after the start: ${JSON.stringify(call)}`);
        assert.ok(nano(call.cost) > 0n, `${id} is not free because the process died`);
      }
      for (const { id } of talking) {
        const { json: call } = await gateway.request(id);
        assert.equal(call.usage_source, 'estimated', `${id} left a checkpoint`);
        assert.ok(call.tokens.input > 0 && call.tokens.output > 0, `${id}: ${JSON.stringify(call.tokens)}`);
      }
      ids.push(...streams.map(({ id }) => id));
      const { code, stdout, stderr } = await run({ args: ['ledger', 'verify', '--data', data] });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /Drift 0/);
    }
    const { spent, reserved } = ownBudget(await gateway.key());
    assert.equal(reserved, 0n, 'nothing stays reserved for streams that died with the process');
    await keywright.stop();
    const { entries } = readLedger(data);
    assert.deepEqual(entries.map(({ id }) => id).sort(), ids.sort(), 'every stream is in the ledger, once');
    assert.equal(entries.reduce((total, { cost }) => total + cost, 0n), spent, 'the budget counts what the ledger lists');
    t.diagnostic(`${ids.length} streams cut by ${STREAM_ROUNDS} kills, ${spent} nano-dollars charged`);
  } finally {
    await keywright?.kill9();
    await rm(data, { recursive: true, force: true });
  }
});

/** Opens a stream that lasts longer than the test, and reads it until it breaks. */
async function openStream(gateway, path) {
  const answer = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: LARGE,
      stream: true,
      ...(path === '/v1/responses'
        ? { input: '[long 5000] hello', max_output_tokens: 5000 }
        : { messages: [{ role: 'user', content: '[long 5000] hello' }], max_tokens: 5000 }),
    }),
    signal: AbortSignal.timeout(120_000),
  });
  assert.equal(answer.status, 200, path);
  let text = '';
  let events = 0;
  const waiting = [];
  const ended = (async () => {
    const decoder = new TextDecoder();
    try {
      for await (const piece of answer.body) {
        const more = decoder.decode(piece, { stream: true });
        text += more;
        events += more.split('data: ').length - 1;
        for (const { enough, done } of waiting) if (events >= enough) done();
      }
    } catch {
      // The connection broke, as it should.
    }
    for (const { done } of waiting) done();
  })();
  return {
    id: answer.headers.get('x-request-id'),
    ended,
    text: () => text,
    hasSaid: (enough) =>
      new Promise((done) => {
        waiting.push({ enough, done });
        if (events >= enough) done();
      }),
  };
}

const missing = (seen, entries) => {
  const ids = new Set(entries.map((entry) => entry.id));
  return seen.map(({ id }) => id).filter((id) => !ids.has(id));
};

/** Load, kill, restart, verify; over and over on one data folder. The ledger is read when the process has gone. */
async function killRepeatedly({ name, bin, env }) {
  const data = await temporaryFolder(name);
  const port = await freePort();
  const start = () => startDev({ name, bin, env, data, port });
  let keywright;
  try {
    keywright = await start();
    await widenGuardrails(keywright.url, { callsAMinute: 6000, callsAtOnce: 100 });
    const gateway = new Gateway(keywright.url, await mint(await signIn(keywright.url, DEVELOPER), name, roomy));
    const seen = [];
    const verdicts = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      seen.push(...(await loadUntilKilled(gateway, keywright, answersBeforeTheKill(round))));
      keywright = await start();
      verdicts.push(await run({ bin, args: ['ledger', 'verify', '--data', data] }));
    }
    const { spent, reserved } = ownBudget(await gateway.key());
    await keywright.stop();
    return { seen, verdicts, spent, reserved, ...readLedger(data) };
  } finally {
    await keywright?.kill9();
    await rm(data, { recursive: true, force: true });
  }
}

/** Returns id and cost of the answers that arrived whole before the process was killed in the middle of others. */
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
      const cost = answer.headers.get('x-keywright-cost-usd');
      if (whole) complete.push({ id: answer.id, cost: cost === null ? undefined : nano(cost) });
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
  form.fill(/^calls at once/i, String(CLIENTS));
}
