// Providers that we did not write: an administrator adds them like any other, and their answers are passed on and
// metered by what they say about themselves.
//
// LiteLLM takes part where it is installed (`./check litellm`); without it, its tests say so.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { LLMock } from '@copilotkit/aimock';

import { addModel, addProvider, asAdministrator } from './lib/administration.mjs';
import { PERSON, clients } from './lib/clients.mjs';
import { Gateway, nano } from './lib/gateway.mjs';
import { startDev } from './lib/keywright.mjs';
import { isInstalled, startLiteLlm } from './lib/litellm.mjs';
import { DEVELOPER } from './lib/people.mjs';
import { mint, signIn } from './lib/portal.mjs';

/** Dollars per million tokens, which is micro-dollars, or a thousand nano-dollars, per token. */
const PRICE = { input: '2', output: '8' };
const cost = ({ input, output }) => 2_000n * BigInt(input) + 8_000n * BigInt(output);

let keywright;
let administrator;
let gateway;
let sdk;

before(async () => {
  keywright = await startDev({ name: 'foreign_providers' });
  administrator = await asAdministrator(keywright.url);
  const apiKey = await mint(await signIn(keywright.url, DEVELOPER), 'foreign providers', (form) => form.fill(/^requests a minute/i, '60'));
  gateway = new Gateway(keywright.url, apiKey);
  const all = clients({ url: keywright.url, apiKey });
  sdk = (name) => all.find((client) => client.name === name);
});
after(() => keywright?.stop());

/** What the ledger made of a call, which must be what the client was told, at the model's price. */
async function metered(id, usage) {
  const { json: entry } = await gateway.request(id);
  assert.equal(entry.outcome, 'answered', JSON.stringify(entry));
  assert.equal(entry.usage_source, 'provider', 'the provider said how much it was');
  assert.deepEqual({ input: entry.tokens.input, output: entry.tokens.output }, usage, JSON.stringify(entry));
  assert.equal(nano(entry.cost), cost(usage));
}

const FORMATS = [
  { name: 'openai', kind: /openai.*(format|compatible)|^openai-compatible/i, path: '/v1' },
  { name: '@anthropic-ai/sdk', kind: /speaks anthropic/i, path: '/v1' },
  { name: '@google/genai', kind: /speaks gemini/i, path: '/v1beta' },
];

describe('aimock', () => {
  const SENTENCE = 'The mock has an answer of several words, so that a stream of it has several pieces.';
  const USAGE = {
    openai: { prompt_tokens: 21, completion_tokens: 13, total_tokens: 34 },
    '@anthropic-ai/sdk': { input_tokens: 21, output_tokens: 13 },
    '@google/genai': { promptTokenCount: 21, candidatesTokenCount: 13, totalTokenCount: 34 },
  };
  let mock;

  before(async () => {
    mock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 8 });
    for (const { name } of FORMATS) {
      mock.onMessage(`a sentence for ${name} please`, { content: SENTENCE, usage: USAGE[name] });
      mock.onMessage(`a person for ${name} please`, { content: JSON.stringify({ name: 'Ada', age: 36, tags: [] }) });
    }
    await mock.start();
    for (const { name, kind, path } of FORMATS) {
      await addProvider(administrator, { kind, name: `aimock for ${name}`, url: `${mock.url}${path}`, credential: 'mock' });
      await addModel(administrator, { provider: `aimock for ${name}`, name: modelOf(name), upstream: 'mocked', price: PRICE });
    }
  });
  after(() => mock?.stop());
  const modelOf = (name) => `mocked-${name.replaceAll(/\W/g, '')}`;

  for (const { name } of FORMATS) {
    test(`${name}, plain`, async () => {
      const answer = await sdk(name).say({ model: modelOf(name), prompt: `a sentence for ${name} please` });
      assert.equal(answer.text, SENTENCE);
      assert.deepEqual([answer.input, answer.output], [21, 13]);
      await metered(answer.id, { input: 21, output: 13 });
    });

    test(`${name}, streamed`, async () => {
      const { spent } = (await gateway.key()).budgets.find((budget) => budget.scope === 'key');
      const answer = await sdk(name).stream({ model: modelOf(name), prompt: `a sentence for ${name} please` });
      assert.ok(answer.pieces.length > 3);
      assert.equal(answer.pieces.join(''), SENTENCE);
      const after = (await gateway.key()).budgets.find((budget) => budget.scope === 'key');
      assert.equal(nano(after.spent) - nano(spent), cost({ input: 21, output: 13 }));
    });

    test(`${name}, structured`, async () => {
      const person = await sdk(name).make({ model: modelOf(name), prompt: `a person for ${name} please`, schema: PERSON });
      assert.deepEqual(person, { name: 'Ada', age: 36, tags: [] });
    });
  }
});

describe('LiteLLM', { skip: isInstalled() ? false : 'LiteLLM is not installed (./check litellm)' }, () => {
  const CREDENTIAL = 'sk-litellm-for-tests';
  const SENTENCE = 'LiteLLM says so.';
  let litellm;

  before(async () => {
    litellm = await startLiteLlm({ credential: CREDENTIAL, models: { parrot: SENTENCE } });
    await addProvider(administrator, { kind: FORMATS[0].kind, name: 'LiteLLM', url: litellm.url, credential: CREDENTIAL });
    await addModel(administrator, { provider: 'LiteLLM', name: 'parrot', upstream: 'parrot', price: PRICE });
  });
  after(() => litellm?.stop());

  test('plain', async () => {
    const answer = await sdk('openai').say({ model: 'parrot', prompt: 'hello' });
    assert.equal(answer.text, SENTENCE);
    await metered(answer.id, { input: answer.input, output: answer.output });
  });

  test('streamed', async () => {
    const { spent } = (await gateway.key()).budgets.find((budget) => budget.scope === 'key');
    const answer = await sdk('openai').stream({ model: 'parrot', prompt: 'hello' });
    assert.equal(answer.pieces.join(''), SENTENCE);
    const after = (await gateway.key()).budgets.find((budget) => budget.scope === 'key');
    assert.equal(nano(after.spent) - nano(spent), cost(answer));
  });

  test('its own refusal of a wrong model reaches the client as an error of the provider', async () => {
    await addModel(administrator, { provider: 'LiteLLM', name: 'nobody', upstream: 'nobody', price: PRICE });
    const answer = await gateway.chat('hello', { model: 'nobody' });
    assert.ok(answer.status >= 400 && answer.status < 600, answer.text);
    const { json: entry } = await gateway.request(answer.id);
    assert.equal(nano(entry.cost), 0n, JSON.stringify(entry));
  });
});
