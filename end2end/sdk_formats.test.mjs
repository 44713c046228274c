// Every official Node SDK with models of its wire format, or of all: the same claims, whether a call passes through or
// is translated. The demo provider repeats what reached it, so that nothing can get lost on the way unseen.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { addOneModelForEachFormat } from './lib/administration.mjs';
import { PERSON, PNG, TOLD, clients } from './lib/clients.mjs';
import { Gateway } from './lib/gateway.mjs';
import { startDev } from './lib/keywright.mjs';
import { DEVELOPER } from './lib/people.mjs';
import { mint, signIn, widenGuardrails } from './lib/portal.mjs';

const HOMES = ['openai', 'anthropic', 'gemini'];
/** An answer of so many words, so that streams are short. */
const SHORT = '[long 12] Say hello';

let keywright;
let gateway;
let models;
let ready;

before(async () => {
  keywright = await startDev({ name: 'sdk_formats' });
  await widenGuardrails(keywright.url, { callsAMinute: 6000, callsAtOnce: 100 });
  models = await addOneModelForEachFormat(keywright.url);
  const apiKey = await mint(await signIn(keywright.url, DEVELOPER), 'every format', (form) => form.fill(/^requests a minute/i, '6000'));
  gateway = new Gateway(keywright.url, apiKey);
  ready = new Map(clients({ url: keywright.url, apiKey }).map((client) => [client.name, client]));
});
after(() => keywright?.stop());

for (const { name, format, think } of clients({ url: 'http://127.0.0.1:9', apiKey: 'not used' })) {
  for (const home of HOMES) {
    // Clients of OpenAI's format do not ask to see thoughts, and get them from servers that show them unasked.
    const thinks = think && (format !== 'openai' || home !== 'gemini');
    describe(`${name}, ${home === format ? 'a model of its own format' : `a model at a provider of the ${home} format`}`, () => {
      const client = () => ready.get(name);

      test('an answer with the usage that the ledger has', async () => {
        const answer = await client().say({ model: models[home], prompt: SHORT });
        assert.equal(answer.text, 'You wrote: “[long 12] Say hello”. I am demo-large, the demonstration model');
        assert.equal(answer.output, 12);
        assert.ok(answer.input > 0);
        const { json: entry } = await gateway.request(answer.id);
        assert.equal(entry.outcome, 'answered', JSON.stringify(entry));
        assert.deepEqual([entry.tokens.input, entry.tokens.output], [answer.input, answer.output], JSON.stringify(entry));
      });

      test('a stream says the same in pieces', async () => {
        const plain = await client().say({ model: models[home], prompt: SHORT });
        const streamed = await client().stream({ model: models[home], prompt: SHORT });
        assert.ok(streamed.pieces.length > 3, `in ${streamed.pieces.length} pieces`);
        assert.equal(streamed.pieces.join(''), plain.text);
        assert.deepEqual([streamed.input, streamed.output], [plain.input, plain.output]);
      });

      test('the system prompt and a picture arrive', async () => {
        const told = await client().say({ model: models[home], prompt: '[system]', system: 'Be brief and kind.' });
        assert.match(told.text, /^I was told: “Be brief and kind\.”\./);
        const shown = await client().say({ model: models[home], prompt: 'What is this?', image: PNG });
        assert.match(shown.text, /I was shown 1 image\./);
      });

      for (const stream of [false, true]) {
        test(`a tool is called and its answer taken, ${stream ? 'streamed' : 'plain'}`, async () => {
          const { calls, text } = await client().useTool({ model: models[home], prompt: '[tool]', stream });
          assert.deepEqual(calls, [{ name: 'weather', input: { city: 'demo', days: 1 } }]);
          // Google's provider of `ai` puts a result into an object of its own, which arrives as it is.
          assert.match(text, new RegExp(`^The tool answered: “[^”]*${TOLD}`));
        });

        test(`two tools are called at once, ${stream ? 'streamed' : 'plain'}`, async () => {
          const { calls, text } = await client().useTool({ model: models[home], prompt: '[tools]', stream });
          assert.deepEqual(calls.map((call) => call.name), ['weather', 'news']);
          assert.match(text, /^The tool answered: /);
        });
      }

      if (thinks) {
        test('a thought is shown', async () => {
          const thought = await client().think({ model: models[home], prompt: SHORT });
          assert.equal(thought, 'The user wants an answer. I know no facts, so I say who I am.');
        });
      }

      test('structured output has the structure', async () => {
        const person = await client().make({ model: models[home], prompt: 'Invent somebody.', schema: PERSON });
        assert.deepEqual(person, { name: 'demo', age: 1, tags: ['demo'] });
      });
    });
  }
}
