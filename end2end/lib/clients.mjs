// The official Node SDKs, each made to do the same things, so that one test can ask the same of all of them.
//
// `fetch` is given to every SDK that takes one: a test counts attempts with it. What an SDK sends is its own business.

import Anthropic from '@anthropic-ai/sdk';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { GoogleGenAI } from '@google/genai';
import { Output, generateText, isStepCount, jsonSchema, streamText, tool } from 'ai';
import OpenAI from 'openai';

const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false });

export const WEATHER = {
  name: 'weather',
  description: 'Tells the weather of the next days in a city.',
  schema: object({ city: { type: 'string' }, days: { type: 'integer' } }),
};
export const NEWS = { name: 'news', description: 'Tells the news of a city.', schema: object({ city: { type: 'string' } }) };
export const PERSON = object({
  name: { type: 'string' },
  age: { type: 'integer' },
  tags: { type: 'array', items: { type: 'string' } },
});
/** What the tool says. */
export const TOLD = 'Rain until Tuesday.';
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';

const CAP = 400;

/**
 * Every SDK, with the wire format that it speaks.
 *
 * `say`, `stream`, `useTool` (with its answer given back), `make` something of a schema; `think`, where it can show that.
 */
export function clients({ url, apiKey, fetch = globalThis.fetch, retries = 0 }) {
  const v1 = `${url}/v1`;
  const common = { apiKey, fetch, maxRetries: retries };
  const openai = new OpenAI({ ...common, baseURL: v1 });
  const google = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url, fetch, retryOptions: { attempts: retries + 1 } } });
  const vercelOpenai = createOpenAI({ baseURL: v1, apiKey, fetch });
  return [
    { name: 'openai', format: 'openai', ...openaiChat(openai) },
    { name: 'openai responses', format: 'openai', ...openaiResponses(openai) },
    { name: '@anthropic-ai/sdk', format: 'anthropic', ...anthropicMessages(new Anthropic({ ...common, baseURL: url })) },
    { name: '@google/genai', format: 'gemini', ...googleContents(google) },
    { name: 'ai with @ai-sdk/openai', format: 'openai', ...vercelText((model) => vercelOpenai.chat(model), retries) },
    { name: 'ai with @ai-sdk/openai responses', format: 'openai', ...vercelText(vercelOpenai, retries) },
    {
      name: 'ai with @ai-sdk/anthropic',
      format: 'anthropic',
      ...vercelText(createAnthropic({ baseURL: v1, apiKey, fetch }), retries),
    },
    {
      name: 'ai with @ai-sdk/google',
      format: 'gemini',
      ...vercelText(createGoogle({ baseURL: `${url}/v1beta`, apiKey, fetch }), retries),
    },
  ];
}

function openaiChat(openai) {
  const create = (model, messages, more) =>
    openai.chat.completions.create({ model, messages, max_completion_tokens: CAP, ...more });
  const tools = [WEATHER, NEWS].map(({ name, description, schema }) => ({
    type: 'function',
    function: { name, description, parameters: schema, strict: true },
  }));
  const user = (content) => ({ role: 'user', content });
  return {
    async say({ model, prompt, system, image }) {
      const content = [{ type: 'text', text: prompt }];
      if (image) content.push({ type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } });
      const messages = [...(system ? [{ role: 'system', content: system }] : []), user(image ? content : prompt)];
      const answer = await create(model, messages);
      const { prompt_tokens: input, completion_tokens: output } = answer.usage;
      return { id: answer._request_id, text: answer.choices[0].message.content, input, output, stop: answer.choices[0].finish_reason };
    },
    async stream({ model, prompt }) {
      const chunks = await all(await create(model, [user(prompt)], { stream: true, stream_options: { include_usage: true } }));
      const { prompt_tokens: input, completion_tokens: output } = chunks.at(-1).usage;
      return { pieces: chunks.map((c) => c.choices[0]?.delta?.content).filter(Boolean), input, output };
    },
    async useTool({ model, prompt, stream }) {
      const first = stream
        ? await openai.chat.completions.stream({ model, messages: [user(prompt)], tools, max_completion_tokens: CAP }).finalChatCompletion()
        : await create(model, [user(prompt)], { tools });
      const { message, finish_reason: stop } = first.choices[0];
      const results = message.tool_calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: TOLD }));
      const second = await create(model, [user(prompt), message, ...results], { tools });
      const calls = message.tool_calls.map(({ function: f }) => ({ name: f.name, input: JSON.parse(f.arguments) }));
      return { calls, stop, text: second.choices[0].message.content };
    },
    async make({ model, prompt, schema }) {
      const json_schema = { name: 'person', schema, strict: true };
      const answer = await create(model, [user(prompt)], { response_format: { type: 'json_schema', json_schema } });
      return JSON.parse(answer.choices[0].message.content);
    },
    async think({ model, prompt }) {
      // OpenAI's own models keep thoughts to themselves; servers in its format have a field for them.
      return (await create(model, [user(prompt)], { reasoning_effort: 'low' })).choices[0].message.reasoning_content;
    },
  };
}

function openaiResponses(openai) {
  const create = (model, input, more) => openai.responses.create({ model, input, max_output_tokens: CAP, ...more });
  const tools = [WEATHER, NEWS].map(({ name, description, schema }) => ({
    type: 'function',
    name,
    description,
    parameters: schema,
    strict: true,
  }));
  return {
    async say({ model, prompt, system, image }) {
      const content = [{ type: 'input_text', text: prompt }];
      if (image) content.push({ type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${image}` });
      const answer = await create(model, [{ role: 'user', content }], { instructions: system });
      const { input_tokens: input, output_tokens: output } = answer.usage;
      return { id: answer._request_id, text: answer.output_text, input, output };
    },
    async stream({ model, prompt }) {
      const events = await all(await create(model, prompt, { stream: true }));
      const { input_tokens: input, output_tokens: output } = events.at(-1).response.usage;
      return { pieces: events.filter((e) => e.type === 'response.output_text.delta').map((e) => e.delta), input, output };
    },
    async useTool({ model, prompt, stream }) {
      const asked = [{ role: 'user', content: prompt }];
      const first = stream
        ? await openai.responses.stream({ model, input: asked, tools }).finalResponse()
        : await create(model, asked, { tools });
      const called = first.output.filter((item) => item.type === 'function_call');
      const results = called.map(({ call_id }) => ({ type: 'function_call_output', call_id, output: TOLD }));
      const items = called.map(({ call_id, name, arguments: text }) => ({ type: 'function_call', call_id, name, arguments: text }));
      const second = await create(model, [...asked, ...items, ...results], { tools });
      return { calls: called.map((c) => ({ name: c.name, input: JSON.parse(c.arguments) })), text: second.output_text };
    },
    async make({ model, prompt, schema }) {
      const format = { type: 'json_schema', name: 'person', schema, strict: true };
      return JSON.parse((await create(model, prompt, { text: { format } })).output_text);
    },
  };
}

function anthropicMessages(anthropic) {
  const create = (model, messages, more) => anthropic.messages.create({ model, messages, max_tokens: CAP, ...more });
  const tools = [WEATHER, NEWS].map(({ name, description, schema }) => ({ name, description, input_schema: schema }));
  const user = (content) => ({ role: 'user', content });
  const textOf = (message) => message.content.map((block) => block.text ?? '').join('');
  return {
    async say({ model, prompt, system, image }) {
      const content = [{ type: 'text', text: prompt }];
      if (image) content.push({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: image } });
      const answer = await create(model, [user(content)], system && { system });
      const { input_tokens: input, output_tokens: output } = answer.usage;
      return { id: answer._request_id, text: textOf(answer), input, output, stop: answer.stop_reason };
    },
    async stream({ model, prompt }) {
      const pieces = [];
      const stream = anthropic.messages.stream({ model, max_tokens: CAP, messages: [user(prompt)] });
      const whole = await stream.on('text', (text) => pieces.push(text)).finalMessage();
      return { pieces, input: whole.usage.input_tokens, output: whole.usage.output_tokens };
    },
    async useTool({ model, prompt, stream }) {
      const first = stream
        ? await anthropic.messages.stream({ model, max_tokens: CAP, messages: [user(prompt)], tools }).finalMessage()
        : await create(model, [user(prompt)], { tools });
      const called = first.content.filter((block) => block.type === 'tool_use');
      const results = called.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: TOLD }));
      const second = await create(model, [user(prompt), { role: 'assistant', content: first.content }, user(results)], { tools });
      return { calls: called.map(({ name, input }) => ({ name, input })), stop: first.stop_reason, text: textOf(second) };
    },
    async make({ model, prompt, schema }) {
      return JSON.parse(textOf(await create(model, [user(prompt)], { output_config: { format: { type: 'json_schema', schema } } })));
    },
    async think({ model, prompt }) {
      const thinking = { type: 'enabled', budget_tokens: 1024 };
      const answer = await create(model, [user(prompt)], { thinking, max_tokens: 2048 });
      return answer.content.find((block) => block.type === 'thinking')?.thinking;
    },
  };
}

function googleContents(google) {
  const generate = (model, contents, config) =>
    google.models.generateContent({ model, contents, config: { maxOutputTokens: CAP, ...config } });
  const functionDeclarations = [WEATHER, NEWS].map(({ name, description, schema }) => ({
    name,
    description,
    parametersJsonSchema: schema,
  }));
  const tools = [{ functionDeclarations }];
  const user = (parts) => ({ role: 'user', parts });
  return {
    async say({ model, prompt, system, image }) {
      const parts = [{ text: prompt }];
      if (image) parts.push({ inlineData: { mimeType: 'image/png', data: image } });
      const answer = await generate(model, [user(parts)], { systemInstruction: system });
      const { promptTokenCount: input, candidatesTokenCount: output } = answer.usageMetadata;
      const id = answer.sdkHttpResponse.headers['x-request-id'];
      return { id, text: answer.text, input, output, stop: answer.candidates[0].finishReason };
    },
    async stream({ model, prompt }) {
      const stream = await google.models.generateContentStream({ model, contents: prompt, config: { maxOutputTokens: CAP } });
      const chunks = await all(stream);
      const { promptTokenCount: input, candidatesTokenCount: output } = chunks.at(-1).usageMetadata;
      return { pieces: chunks.map((chunk) => chunk.text).filter(Boolean), input, output };
    },
    async useTool({ model, prompt, stream }) {
      const asked = [user([{ text: prompt }])];
      const config = { tools, maxOutputTokens: CAP };
      const chunks = stream
        ? await all(await google.models.generateContentStream({ model, contents: asked, config }))
        : [await generate(model, asked, { tools })];
      const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
      const called = parts.filter((part) => part.functionCall);
      const results = called.map(({ functionCall: { id, name } }) => ({ functionResponse: { id, name, response: { output: TOLD } } }));
      const second = await generate(model, [...asked, { role: 'model', parts: called }, user(results)], { tools });
      const calls = called.map(({ functionCall }) => ({ name: functionCall.name, input: functionCall.args }));
      return { calls, stop: chunks.at(-1).candidates[0].finishReason, text: second.text };
    },
    async make({ model, prompt, schema }) {
      const answer = await generate(model, prompt, { responseMimeType: 'application/json', responseJsonSchema: schema });
      return JSON.parse(answer.text);
    },
    async think({ model, prompt }) {
      const thinkingConfig = { includeThoughts: true, thinkingBudget: 1024 };
      const answer = await generate(model, prompt, { thinkingConfig, maxOutputTokens: 2048 });
      return answer.candidates[0].content.parts.find((part) => part.thought)?.text;
    },
  };
}

/** `ai` speaks through any of its providers. */
function vercelText(provider, maxRetries) {
  const common = (model, messages) => ({ model: provider(model), messages, maxOutputTokens: CAP, maxRetries });
  const user = (content) => [{ role: 'user', content }];
  const offered = ({ description, schema }) =>
    tool({ description, inputSchema: jsonSchema(schema), execute: async () => TOLD });
  const tools = { weather: offered(WEATHER), news: offered(NEWS) };
  const figures = ({ inputTokens: input, outputTokens: output }) => ({ input, output });
  return {
    async say({ model, prompt, system, image }) {
      const content = [{ type: 'text', text: prompt }];
      if (image) content.push({ type: 'file', data: Buffer.from(image, 'base64'), mediaType: 'image/png' });
      const answer = await generateText({ ...common(model, user(content)), instructions: system });
      return { id: answer.response.headers['x-request-id'], text: answer.text, stop: answer.finishReason, ...figures(answer.usage) };
    },
    async stream({ model, prompt }) {
      let failure;
      const stream = streamText({ ...common(model, user(prompt)), onError: ({ error }) => (failure = error) });
      const pieces = await all(stream.textStream);
      if (failure) throw failure;
      return { pieces, ...figures(await stream.usage) };
    },
    async useTool({ model, prompt, stream }) {
      // It runs the tools itself, and calls again with what they said.
      const asked = { ...common(model, user(prompt)), tools, stopWhen: isStepCount(2) };
      const answer = stream ? streamText(asked) : await generateText(asked);
      const [first] = await answer.steps;
      const calls = first.toolCalls.map(({ toolName, input }) => ({ name: toolName, input }));
      return { calls, stop: first.finishReason, text: await answer.text };
    },
    async make({ model, prompt, schema }) {
      return (await generateText({ ...common(model, user(prompt)), output: Output.object({ schema: jsonSchema(schema) }) })).output;
    },
  };
}

export async function all(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}
