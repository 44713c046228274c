// The official Node SDKs against the gateway, as their documentation shows: nothing set but the base URL and the key.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI, { toFile } from 'openai';

import { PNG, all } from './lib/clients.mjs';
import { EMBEDDING, GEMINI, LARGE, MEDIA, SMALL } from './lib/gateway.mjs';
import { startDev } from './lib/keywright.mjs';
import { DEVELOPER } from './lib/people.mjs';
import { mint, signIn } from './lib/portal.mjs';

const HELLO = [{ role: 'user', content: 'Say hello' }];
let keywright;
let openai;
let anthropic;
let google;

before(async () => {
  keywright = await startDev({ name: 'sdk_node' });
  const apiKey = await mint(await signIn(keywright.url, DEVELOPER), 'node sdk');
  openai = new OpenAI({ apiKey, baseURL: `${keywright.url}/v1`, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey, baseURL: keywright.url, maxRetries: 0 });
  google = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: keywright.url, retryOptions: { attempts: 1 } } });
});
after(() => keywright?.stop());

test('openai: a chat completion', async () => {
  const answer = await openai.chat.completions.create({ model: LARGE, messages: HELLO });
  assert.ok(answer.choices[0].message.content.length > 0);
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  assert.ok(answer._request_id, 'support asks for the request id');
});

test('openai: a streamed chat completion, with usage only for those who asked', async () => {
  const chunks = await all(await openai.chat.completions.create({ model: LARGE, messages: HELLO, stream: true }));
  assert.ok(chunks.length > 2, 'it arrives in pieces');
  assert.ok(chunks.map((c) => c.choices[0]?.delta?.content ?? '').join('').length > 0);
  assert.equal(chunks.findLast((c) => c.choices.length > 0).choices[0].finish_reason, 'stop');
  assert.ok(chunks.every((c) => !c.usage), 'the gateway asks the provider for usage, the client did not');

  const counted = await all(
    await openai.chat.completions.create({ model: LARGE, messages: HELLO, stream: true, stream_options: { include_usage: true } }),
  );
  assert.ok(counted.at(-1).usage.completion_tokens > 0);
});

test('openai: a response, which is all that Codex speaks', async () => {
  const answer = await openai.responses.create({ model: LARGE, input: 'Say hello' });
  assert.equal(answer.status, 'completed');
  assert.ok(answer.output_text.length > 0);
  assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
});

test('openai: a streamed response', async () => {
  const events = await all(await openai.responses.create({ model: LARGE, input: 'Say hello', stream: true }));
  assert.equal(events[0].type, 'response.created');
  const text = events.filter((e) => e.type === 'response.output_text.delta').map((e) => e.delta);
  assert.ok(text.length > 1, 'it arrives in pieces');
  const last = events.at(-1);
  assert.equal(last.type, 'response.completed');
  assert.equal(text.join(''), last.response.output[0].content[0].text);
  assert.ok(last.response.usage.output_tokens > 0);
});

test('openai: embeddings, in the base64 that the SDK asks for by itself', async () => {
  const answer = await openai.embeddings.create({ model: EMBEDDING, input: ['one', 'two'] });
  assert.equal(answer.data.length, 2);
  assert.ok(answer.data[0].embedding.length > 1);
  assert.ok(answer.data[0].embedding.every(Number.isFinite));
  assert.ok(answer.usage.prompt_tokens > 0);
});

test('openai: the models that this key may use', async () => {
  const names = (await all(openai.models.list())).map((model) => model.id);
  for (const name of [LARGE, SMALL, EMBEDDING]) assert.ok(names.includes(name), `${name} is not among ${names}`);
  assert.equal((await openai.models.retrieve(SMALL)).id, SMALL);
});

test('openai: a denial is the SDK’s own kind of error, with a code and a request id', async () => {
  await assert.rejects(openai.chat.completions.create({ model: 'no-such-model', messages: HELLO }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError, String(error));
    assert.equal(error.code, 'model_not_found');
    assert.ok(error.requestID);
    return true;
  });
  const stranger = new OpenAI({ apiKey: 'kwr_nobody', baseURL: `${keywright.url}/v1`, maxRetries: 0 });
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
});

test('anthropic: a message', async () => {
  const answer = await anthropic.messages.create({ model: LARGE, max_tokens: 64, messages: HELLO });
  assert.equal(answer.type, 'message');
  assert.ok(answer.content[0].text.length > 0);
  assert.ok(answer.stop_reason);
  assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
});

test('anthropic: a streamed message', async () => {
  const pieces = [];
  const stream = anthropic.messages.stream({ model: LARGE, max_tokens: 64, messages: HELLO }).on('text', (text) => pieces.push(text));
  const whole = await stream.finalMessage();
  assert.ok(pieces.length > 1, 'it arrives in pieces');
  assert.equal(pieces.join(''), whole.content[0].text);
  assert.ok(whole.usage.output_tokens > 0);
});

test('anthropic: counting tokens costs nothing and says how many', async () => {
  const counted = await anthropic.messages.countTokens({ model: LARGE, messages: HELLO });
  assert.ok(counted.input_tokens > 0);
});

test('anthropic: a denial is the SDK’s own kind of error', async () => {
  await assert.rejects(
    anthropic.messages.create({ model: 'no-such-model', max_tokens: 8, messages: HELLO }),
    (error) => error instanceof Anthropic.NotFoundError && /no-such-model/.test(error.message),
  );
  const stranger = new Anthropic({ apiKey: 'kwr_nobody', baseURL: keywright.url, maxRetries: 0 });
  await assert.rejects(stranger.messages.create({ model: LARGE, max_tokens: 8, messages: HELLO }), Anthropic.AuthenticationError);
});

test('openai: completions of the older format, plain and streamed', async () => {
  const answer = await openai.completions.create({ model: LARGE, prompt: 'def add(a, b):', max_tokens: 8 });
  assert.equal(answer.choices[0].finish_reason, 'length');
  assert.equal(answer.usage.completion_tokens, 8);
  const chunks = await all(await openai.completions.create({ model: LARGE, prompt: 'def add(a, b):', max_tokens: 8, stream: true }));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join(''), answer.choices[0].text);
});

test('openai: a picture', async () => {
  const answer = await openai.images.generate({ model: MEDIA, prompt: 'a grey pixel' });
  assert.equal(answer.data[0].b64_json, PNG);
  assert.ok(answer.usage.total_tokens > 0);
});

test('openai: speech, byte for byte, and what was said in a recording', async () => {
  const sound = Buffer.from(await (await openai.audio.speech.create({ model: MEDIA, voice: 'alloy', input: 'Say hello' })).arrayBuffer());
  assert.equal(sound.toString('latin1', 0, 4), 'RIFF');
  assert.equal(sound.readUInt32LE(4), sound.length - 8, 'a whole file');
  const heard = await openai.audio.transcriptions.create({ model: MEDIA, file: await toFile(sound, 'hello.wav') });
  assert.equal(heard.text, `A recording of ${sound.length} bytes.`);
});

test('openai: moderations', async () => {
  const { results } = await openai.moderations.create({ model: MEDIA, input: ['fine', '[flag]'] });
  assert.deepEqual(results.map((result) => result.flagged), [false, true]);
});

test('openai: ranking, which its SDK has no method for', async () => {
  const body = { model: MEDIA, query: 'red apple', documents: ['blue sky', 'a red apple'], top_n: 1 };
  const { results } = await openai.post('/rerank', { body });
  assert.deepEqual(results, [{ index: 1, relevance_score: 1 }]);
});

test('google: tokens are counted, and texts embedded one by one and together', async () => {
  assert.ok((await google.models.countTokens({ model: GEMINI, contents: 'Say hello' })).totalTokens > 0);
  const { embeddings } = await google.models.embedContent({ model: GEMINI, contents: ['one', 'two'], config: { outputDimensionality: 8 } });
  assert.deepEqual(embeddings.map(({ values }) => values.length), [8, 8]);
});

test('google: a denial is the SDK’s own kind of error', async () => {
  const refused = google.models.generateContent({ model: 'no-such-model', contents: 'Say hello' });
  await assert.rejects(refused, (error) => error.status === 404 && /no-such-model/.test(error.message));
});
