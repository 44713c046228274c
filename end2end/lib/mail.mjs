// A mail server of somebody else's making that keeps what it is given, and can be told to refuse.

import { SMTPServer } from 'smtp-server';

export class MailServer {
  #letters = [];
  #waiting = [];
  #refusal;
  #server;

  /** On this port, or on any free one. */
  static async start(port = 0) {
    const server = new MailServer();
    await server.#listen(port);
    return server;
  }

  get port() {
    return this.#server.server.address().port;
  }

  get url() {
    return `smtp://127.0.0.1:${this.port}`;
  }

  /** The letter that came longest ago and that nobody has looked at yet. */
  async next(within = 30_000) {
    const kept = this.#letters.shift();
    if (kept) return kept;
    return new Promise((done, failed) => {
      const timer = setTimeout(() => failed(new Error(`no letter came within ${within} ms`)), within);
      this.#waiting.push((letter) => {
        clearTimeout(timer);
        done(letter);
      });
    });
  }

  /** Refuses every recipient from now on: `550 5.1.1 no such user`. */
  refuse(words) {
    this.#refusal = words;
  }

  accept() {
    this.#refusal = undefined;
  }

  async stop() {
    await new Promise((done) => this.#server.close(done));
  }

  async #listen(port) {
    this.#server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onRcptTo: (_, __, done) => {
        if (!this.#refusal) return done();
        const [, code, said] = this.#refusal.match(/^(\d{3}) (.*)$/);
        return done(Object.assign(new Error(said), { responseCode: Number(code) }));
      },
      onData: (stream, session, done) => {
        const parts = [];
        stream.on('data', (part) => parts.push(part));
        stream.on('end', () => {
          this.#take(new Letter(session.envelope, Buffer.concat(parts).toString('utf8')));
          done();
        });
      },
    });
    await new Promise((done, failed) => {
      this.#server.on('error', failed);
      this.#server.listen(port, '127.0.0.1', done);
    });
  }

  #take(letter) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(letter);
    else this.#letters.push(letter);
  }
}

class Letter {
  constructor(envelope, raw) {
    this.to = envelope.rcptTo.map(({ address }) => address);
    this.raw = raw;
    const [head, ...rest] = raw.split('\r\n\r\n');
    this.headers = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
    const body = rest.join('\r\n\r\n').replace(/\r\n/g, '\n');
    const quoted = /^quoted-printable$/i.test(this.header('content-transfer-encoding') ?? '');
    this.text = quoted ? unquoted(body) : body;
  }

  header(name) {
    const line = this.headers.find((one) => one.toLowerCase().startsWith(`${name}:`));
    return line?.slice(name.length + 1).trim();
  }
}

function unquoted(text) {
  const bytes = text.replace(/=\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
