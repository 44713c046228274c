// The portal as a browser without script uses it: a cookie jar, links found by their text, forms filled by their labels.
//
// Everything that a test does here a person could do with a keyboard; no field name and no URL but the first is assumed.
// A link, field or button that is not there fails with the page's text.

import { parse } from 'node-html-parser';

import { ADMINISTRATOR } from './people.mjs';

const MOST_REDIRECTS = 12;

/** Someone at a browser: cookies per host, pages one after the other. */
export class Visitor {
  #jar = new Map();

  constructor(origin) {
    this.origin = origin;
  }

  async open(address) {
    return this.#go(new URL(address, this.origin), { method: 'GET' });
  }

  /** Posts like a browser: the headers that it adds by itself, and the page's own origin. */
  async post(address, fields) {
    const url = new URL(address, this.origin);
    return this.#go(url, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { origin: url.origin, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    });
  }

  /** Loses the cookies whose name matches, as a browser does when they expire. */
  forget(pattern) {
    for (const cookies of this.#jar.values()) {
      for (const name of cookies.keys()) if (pattern.test(name)) cookies.delete(name);
    }
  }

  cookieNames() {
    return [...this.#jar.values()].flatMap((cookies) => [...cookies.keys()]);
  }

  async #go(url, request) {
    for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
      const answer = await fetch(url, {
        ...request,
        redirect: 'manual',
        headers: { accept: 'text/html', ...request.headers, cookie: this.#cookies(url) },
        signal: AbortSignal.timeout(30_000),
      });
      this.#keep(url, answer.headers.getSetCookie());
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status >= 400 || location === null) {
        return new Page(this, url, answer, await answer.text());
      }
      await answer.body?.cancel();
      url = new URL(location, url);
      request = { method: 'GET' };
    }
    throw new Error(`more than ${MOST_REDIRECTS} redirects, the last to ${url.origin}${url.pathname}`);
  }

  #cookies(url) {
    return [...(this.#jar.get(url.hostname) ?? [])]
      .filter(([, cookie]) => url.pathname.startsWith(cookie.path))
      .map(([name, cookie]) => `${name}=${cookie.value}`)
      .join('; ');
  }

  #keep(url, headers) {
    const cookies = this.#jar.get(url.hostname) ?? new Map();
    this.#jar.set(url.hostname, cookies);
    for (const header of headers) {
      const [pair, ...attributes] = header.split(';').map((part) => part.trim());
      const at = pair.indexOf('=');
      const attribute = (name) => attributes.find((a) => a.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
      const gone = Number(attribute('max-age') ?? 1) <= 0 || Date.parse(attribute('expires') ?? '') < Date.now();
      if (gone) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), { value: pair.slice(at + 1), path: attribute('path') ?? '/' });
    }
  }
}

export class Page {
  constructor(visitor, url, answer, html) {
    this.visitor = visitor;
    this.url = url;
    this.status = answer.status;
    this.headers = answer.headers;
    this.html = html;
    // By itself the parser takes the inside of a <pre> for text.
    this.document = parse(html, { blockTextElements: { script: true, style: true } });
  }

  get text() {
    return words(this.document.querySelector('main') ?? this.document);
  }

  links(text) {
    return this.document.querySelectorAll('a[href]').filter((a) => text.test(nameOf(a)));
  }

  async follow(text) {
    const link = this.links(text)[0] ?? this.#missing(`link ${text}`);
    return this.visitor.open(new URL(link.getAttribute('href'), this.url).href);
  }

  /** The form whose submit button reads like `button`. */
  form(button) {
    const form = this.document
      .querySelectorAll('form')
      .find((f) => f.querySelectorAll('button, input[type=submit]').some((b) => button.test(nameOf(b))));
    return new Form(this, form ?? this.#missing(`button ${button}`), button);
  }

  /** What a read-only field holds: the secret, on the one page that shows it. */
  readOnlyValue(pattern) {
    for (const field of this.document.querySelectorAll('input[readonly], textarea[readonly], output')) {
      const value = (field.getAttribute('value') ?? field.text).replace(/\s+/g, '');
      if (pattern.test(value)) return value;
    }
    return undefined;
  }

  /** The text of a block of code, by what it is called to those who hear the page. */
  code(label) {
    const block = this.document.querySelectorAll('pre').find((pre) => pre.getAttribute('aria-label') === label);
    return (block ?? this.#missing(`code “${label}”`)).querySelector('code').text;
  }

  #missing(what) {
    throw new Error(`${what} is not on ${this.url.pathname} (${this.status}):\n${this.text.slice(0, 3000)}`);
  }
}

class Form {
  constructor(page, form, button) {
    this.page = page;
    this.form = form;
    this.button = button;
    this.values = new Map();
    this.#takeDefaults();
  }

  /** Types into, or chooses in, the field that a label reading like `label` belongs to. */
  fill(label, value) {
    const field = this.#labelled(label);
    const name = field.getAttribute('name');
    let typed = value;
    if (field.tagName === 'SELECT') {
      const option = field.querySelectorAll('option').find((o) => words(o).includes(value) || o.getAttribute('value') === value);
      if (!option) throw new Error(`${label} offers ${words(field)}, not ${value}`);
      typed = option.getAttribute('value') ?? words(option);
    }
    // Rows of a table share their names: the others keep what they have.
    const namesakes = this.form.querySelectorAll('input, select, textarea').filter((f) => f.getAttribute('name') === name);
    const values = this.values.get(name) ?? [];
    this.values.set(name, namesakes.length === values.length ? values.with(namesakes.indexOf(field), typed) : [typed]);
    return this;
  }

  /** Ticks a box or a radio button. */
  choose(label) {
    const field = this.#labelled(label);
    const name = field.getAttribute('name');
    const value = field.getAttribute('value') ?? 'on';
    const before = field.getAttribute('type') === 'checkbox' ? (this.values.get(name) ?? []) : [];
    this.values.set(name, [...before.filter((v) => v !== value), value]);
    return this;
  }

  async send() {
    const fields = [...this.values].flatMap(([name, values]) => values.map((value) => [name, value]));
    const pressed = this.form.querySelectorAll('button, input[type=submit]').find((b) => this.button.test(nameOf(b)));
    if (pressed.getAttribute('name')) fields.push([pressed.getAttribute('name'), pressed.getAttribute('value') ?? '']);
    const action = pressed.getAttribute('formaction') ?? this.form.getAttribute('action') ?? this.page.url.href;
    return this.page.visitor.post(new URL(action, this.page.url).href, fields);
  }

  #takeDefaults() {
    for (const field of this.form.querySelectorAll('input, select, textarea')) {
      const name = field.getAttribute('name');
      const type = field.getAttribute('type') ?? 'text';
      if (!name || field.hasAttribute('disabled') || type === 'submit') continue;
      let value = field.getAttribute('value') ?? '';
      if (type === 'checkbox' || type === 'radio') {
        if (!field.hasAttribute('checked')) continue;
        value = field.getAttribute('value') ?? 'on';
      } else if (field.tagName === 'TEXTAREA') {
        value = field.text;
      } else if (field.tagName === 'SELECT') {
        const options = field.querySelectorAll('option');
        const option = options.find((o) => o.hasAttribute('selected')) ?? options[0];
        if (!option) continue;
        value = option.getAttribute('value') ?? words(option);
      }
      this.values.set(name, [...(this.values.get(name) ?? []), value]);
    }
  }

  #labelled(label) {
    for (const candidate of this.form.querySelectorAll('label')) {
      if (!label.test(words(candidate))) continue;
      const id = candidate.getAttribute('for');
      const field = id
        ? this.form.querySelectorAll('input, select, textarea').find((f) => f.getAttribute('id') === id)
        : candidate.querySelector('input, select, textarea');
      if (field?.getAttribute('name')) return field;
    }
    const named = this.form.querySelectorAll('input, select, textarea').find((f) => label.test(f.getAttribute('aria-label') ?? ''));
    if (named?.getAttribute('name')) return named;
    const labels = this.form.querySelectorAll('label').map(words);
    throw new Error(`no field labelled ${label} on ${this.page.url.pathname}; there are: ${labels.join(' | ')}`);
  }
}

function words(element) {
  return element.structuredText.replace(/\s+/g, ' ').trim();
}

function nameOf(element) {
  return element.getAttribute('aria-label') ?? (words(element) || (element.getAttribute('value') ?? ''));
}

export const SECRET = /^kwr_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/;

/** Signs in with an account of the development identity provider, through its picker of links. */
export async function signIn(origin, account) {
  const visitor = new Visitor(origin);
  const picker = await (await visitor.open('/')).follow(/sign in/i);
  const home = await picker.follow(account);
  if (home.status !== 200 || home.url.origin !== origin) {
    throw new Error(`signing in as ${account} ended at ${home.url.origin}${home.url.pathname} with ${home.status}:\n${home.text}`);
  }
  return visitor;
}

/** Mints a key as a person would and returns its secret; `edit` may fill further fields. */
export async function mint(visitor, name, edit) {
  return (await mintedPage(visitor, name, edit)).readOnlyValue(SECRET);
}

/** The page that shows a new key's secret, the only time. */
export async function mintedPage(visitor, name, edit = () => {}) {
  const form = (await visitor.open('/keys/new')).form(/^mint key$/i);
  form.fill(/^name/i, name);
  edit(form);
  const page = await form.send();
  if (!page.readOnlyValue(SECRET)) {
    throw new Error(`minting ${name} answered ${page.status} without a secret:\n${page.text.slice(0, 3000)}`);
  }
  return page;
}

/** As administrator, lets developers ask for more under the guardrails that a new installation has. */
export async function widenGuardrails(origin, { callsAMinute, callsAtOnce }) {
  const list = await (await signIn(origin, ADMINISTRATOR)).open('/admin/guardrails');
  const form = (await list.follow(/^standard developer/i)).form(/^preview version/i);
  form.fill(/^requests a minute, maximum/i, String(callsAMinute));
  form.fill(/^calls at once, maximum/i, String(callsAtOnce));
  // More than before refuses nobody, so that there is nothing to agree to.
  const saved = await (await form.send()).form(/^save version/i).send();
  if (!/saved as version/i.test(saved.text)) throw new Error(`the guardrails were not saved (${saved.status}):\n${saved.text.slice(0, 3000)}`);
}
