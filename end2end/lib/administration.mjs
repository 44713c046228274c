// What an administrator enters before others can call: providers and models, through the portal's own forms.

import { ADMINISTRATOR } from './people.mjs';
import { signIn } from './portal.mjs';

/** The providers that `keywright dev` brings along: one process, once in each wire format. */
export const DEMO = { openai: 'Demo', anthropic: 'Demo, Anthropic format', gemini: 'Demo, Gemini format' };

/** Adds a provider that starts from the preset called `kind`. */
export async function addProvider(administrator, { kind, name, url, credential }) {
  const chosen = await (await administrator.open('/admin/providers/new')).follow(kind);
  const form = chosen.form(/^add provider$/i).fill(/^name/i, name).fill(/^address/i, url).fill(/^credential/i, credential);
  return expect(await form.send(), (page) => page.text.includes(name) && page.url.pathname !== '/admin/providers/new', `adding ${name}`);
}

/** Adds a model that one provider serves, at a price in dollars per million tokens. */
export async function addModel(administrator, { provider, name, upstream, price: { input, output }, endpoints = [] }) {
  const models = await (await (await administrator.open('/admin/providers')).follow(exactly(provider))).follow(/choose models|add from the catalogue/i);
  const form = (await models.follow(/add a model by hand/i)).form(/^add model$/i);
  form.fill(/^name/i, name).fill(/^called there, row 1$/i, upstream).fill(/^in\b/i, input).fill(/^out\b/i, output);
  for (const endpoint of endpoints) form.choose(endpoint);
  return expect(await form.send(), (page) => page.url.pathname !== '/admin/models/new', `adding ${name}`);
}

export const asAdministrator = (origin) => signIn(origin, ADMINISTRATOR);

/**
 * Three models that the demo provider serves in one wire format each, so that calls in the other two are translated.
 * Returns their names by format.
 */
export async function addOneModelForEachFormat(origin) {
  const administrator = await asAdministrator(origin);
  const names = {};
  for (const [format, provider] of Object.entries(DEMO)) {
    names[format] = `only-${format}`;
    // Which providers of OpenAI's format have its newer endpoint only their administrators know.
    const endpoints = format === 'openai' ? [/^chat completions/i, /^responses/i] : [];
    await addModel(administrator, { provider, name: names[format], upstream: 'demo-large', price: { input: '3', output: '15' }, endpoints });
  }
  return names;
}

const exactly = (text) => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

function expect(page, holds, what) {
  if (page.status === 200 && holds(page)) return page;
  throw new Error(`${what} ended at ${page.url.pathname} with ${page.status}:\n${page.text.slice(0, 3000)}`);
}
