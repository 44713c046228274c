// Responses that a provider keeps, through the official client: a conversation goes on from an id, is read and deleted by
// its owner, and does not exist for anybody else.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import OpenAI from 'openai';

import { all } from './lib/clients.mjs';
import { LARGE } from './lib/gateway.mjs';
import { startDev, temporaryFolder } from './lib/keywright.mjs';
import { DEVELOPER, SECOND_DEVELOPER } from './lib/people.mjs';
import { mint, signIn } from './lib/portal.mjs';

let folder;
let keywright;
let mine;
let mineToo;
let theirs;

const client = (apiKey) => new OpenAI({ apiKey, baseURL: `${keywright.url}/v1`, maxRetries: 0 });
const refusedWith = (status, words) => (error) => {
  assert.equal(error.status, status, String(error));
  assert.match(error.message, words);
  assert.ok(error.requestID, 'support asks for the request id');
  return true;
};

before(async () => {
  folder = await temporaryFolder('stored_responses');
  keywright = await startDev({ name: 'stored_responses', data: folder });
  const me = await signIn(keywright.url, DEVELOPER);
  mine = await mint(me, 'mine');
  mineToo = await mint(me, 'mine too');
  theirs = await mint(await signIn(keywright.url, SECOND_DEVELOPER), 'theirs');
});
after(async () => {
  await keywright?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('a conversation goes on from a response, plain and streamed', async () => {
  const first = await client(mine).responses.create({ model: LARGE, input: 'Say hello', store: true });
  const second = await client(mine).responses.create({ model: LARGE, input: 'And again', previous_response_id: first.id });
  assert.match(second.output_text, /I remember 1 turn before this one/);
  assert.ok(second.usage.input_tokens > first.usage.input_tokens, 'what came before is part of the prompt');

  const asked = { model: LARGE, input: 'Once more', previous_response_id: second.id, stream: true };
  const events = await all(await client(mineToo).responses.create(asked));
  const third = events.at(-1).response;
  assert.match(third.output[0].content[0].text, /I remember 2 turns before this one/);
  const fourth = await client(mine).responses.create({ model: LARGE, input: 'Now', previous_response_id: third.id });
  assert.equal(fourth.previous_response_id, third.id);
});

test('its owner reads a response, whatever key it was made with, and deletes it', async () => {
  const made = await client(mine).responses.create({ model: LARGE, input: 'Keep this' });
  const read = await client(mineToo).responses.retrieve(made.id);
  assert.equal(read.output_text, made.output_text);
  const items = await all(client(mine).responses.inputItems.list(made.id, { limit: 10, order: 'asc' }));
  assert.equal(items[0].content[0].text, 'Keep this');
  await assert.rejects(client(mine).responses.cancel(made.id), refusedWith(400, /cancel/i));
  await assert.rejects(client(mine).responses.retrieve(made.id, { stream: true }), refusedWith(400, /'stream'/));

  await client(mine).responses.delete(made.id);
  await assert.rejects(client(mine).responses.retrieve(made.id), refusedWith(404, /no stored response/));
  await assert.rejects(
    client(mine).responses.create({ model: LARGE, input: 'x', previous_response_id: made.id }),
    refusedWith(400, /Send the conversation whole/),
  );
});

test('another person’s response does not exist', async () => {
  const made = await client(mine).responses.create({ model: LARGE, input: 'My secret' });
  const stranger = client(theirs);
  await assert.rejects(stranger.responses.retrieve(made.id), refusedWith(404, /no stored response/));
  await assert.rejects(all(stranger.responses.inputItems.list(made.id)), refusedWith(404, /no stored response/));
  await assert.rejects(stranger.responses.cancel(made.id), refusedWith(404, /no stored response/));
  await assert.rejects(stranger.responses.delete(made.id), refusedWith(404, /no stored response/));
  const guess = { model: LARGE, input: 'What did I write?', previous_response_id: made.id };
  await assert.rejects(stranger.responses.create(guess), refusedWith(400, /Send the conversation whole/));
  assert.equal((await client(mine).responses.retrieve(made.id)).id, made.id, 'it is still there');
});

test('what is not kept, and what nobody issues here, is refused by name', async () => {
  const made = await client(mine).responses.create({ model: LARGE, input: 'Forget this', store: false });
  await assert.rejects(client(mine).responses.retrieve(made.id), refusedWith(404, /no stored response/));
  for (const [field, value] of [['conversation', 'conv_1'], ['prompt', { id: 'pmpt_1' }], ['background', true]]) {
    await assert.rejects(
      client(mine).responses.create({ model: LARGE, input: 'x', [field]: value }),
      refusedWith(400, new RegExp(`'${field}'`)),
    );
  }
});

test('whose a response is outlives the process', async () => {
  const made = await client(mine).responses.create({ model: LARGE, input: 'Remember me' });
  await keywright.stop();
  keywright = await startDev({ name: 'stored_responses', data: folder });
  // The gateway knows it; the demo provider, which forgets everything, does not, and says so in its own words.
  await assert.rejects(client(theirs).responses.retrieve(made.id), refusedWith(404, /no stored response/));
  await assert.rejects(client(mine).responses.retrieve(made.id), refusedWith(404, /Response with id/));
});
