// The gateway as a program without an SDK calls it: JSON in, JSON or an event stream out, and the answer's request id.

export const LARGE = 'demo-large';
export const SMALL = 'demo-small';
export const EMBEDDING = 'demo-embedding';
export const GEMINI = 'demo-gemini';
/** Pictures, sound, judgements and ranks. */
export const MEDIA = 'demo-media';
/** Costs one US cent a request, whatever is asked. */
export const PER_REQUEST = 'demo-per-request';
export const CENT = 10_000_000n;

export class Gateway {
  constructor(url, secret) {
    this.url = url;
    this.secret = secret;
  }

  /** The whole answer: status, headers, text, its JSON if it is JSON. Fails if the connection breaks before its end. */
  async call(method, path, body, { headers = {}, signal } = {}) {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.secret}`, ...(body && { 'content-type': 'application/json' }), ...headers },
      body: body && JSON.stringify(body),
      signal: signal ?? AbortSignal.timeout(60_000),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, id: answer.headers.get('x-request-id'), text, json: asJson(text) };
  }

  chat(prompt, more = {}) {
    const { signal, ...body } = more;
    return this.call(
      'POST',
      '/v1/chat/completions',
      { model: LARGE, messages: [{ role: 'user', content: prompt }], max_tokens: 64, ...body },
      { signal },
    );
  }

  messages(prompt, more = {}) {
    const { signal, ...body } = more;
    return this.call(
      'POST',
      '/v1/messages',
      { model: LARGE, messages: [{ role: 'user', content: prompt }], max_tokens: 64, ...body },
      { signal, headers: { 'anthropic-version': '2023-06-01' } },
    );
  }

  /** The key's own view of itself. */
  async key() {
    const answer = await this.call('GET', '/v1/key');
    if (answer.status !== 200) throw new Error(`GET /v1/key answered ${answer.status}: ${answer.text}`);
    return answer.json;
  }

  /** What the ledger says about one call: 404 where it has never heard of it. */
  request(id) {
    return this.call('GET', `/v1/requests/${id}`);
  }
}

/** Whether the text of an event stream arrived to its very end, in either wire format. */
export function isCompleteStream(text) {
  return /\ndata: \[DONE\]\s*$/.test(text) || /event: message_stop\ndata: .*\s*$/.test(text);
}

/** The code of a denial, wherever the wire format puts it. */
export function codeOf(answer) {
  const error = answer.json?.error;
  return error?.code ?? error?.type;
}

function asJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The three figures of the key's own budget, in nano-dollars, as `GET /v1/key` tells them. */
export function ownBudget(key) {
  const budget = key.budgets.find((b) => b.scope === 'key');
  return { limit: nano(budget.limit), spent: nano(budget.spent), reserved: nano(budget.reserved) };
}

/** Nano-dollars of an amount as the gateway writes it, `0.000966`: a floating-point number would round. */
export function nano(dollars) {
  const [, whole, fraction = ''] = /^\$?(\d+)(?:\.(\d{1,9}))?$/.exec(dollars.replaceAll(',', ''));
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}
