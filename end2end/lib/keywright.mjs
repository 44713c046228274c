// A keywright process of one's own: a free port, a fresh data folder, ready when it says so, gone when the test ends.
//
// Only ever stops the process that it started. A process that does not become ready, ends by itself or does not stop
// within its time fails the test with the last lines that it wrote.

import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..', '..');
const LOGS = join(import.meta.dirname, '..', 'logs');
const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 20_000;

export function binary() {
  return process.env.KEYWRIGHT_BIN ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug', 'keywright');
}

/** A port that nothing listens on now. It must be known beforehand: it is part of the public origin. */
export async function freePort() {
  const probe = createServer();
  await new Promise((done, failed) => probe.once('error', failed).listen(0, '127.0.0.1', done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

export async function temporaryFolder(purpose) {
  return mkdtemp(join(tmpdir(), `keywright-${purpose}-`));
}

/** `keywright dev` in a folder of its own, which goes away with it, or in `data`, which stays. */
export async function startDev({ name, data, port, bin, env } = {}) {
  const folder = data ?? (await temporaryFolder('dev'));
  port ??= await freePort();
  return start({
    name: name ?? 'dev',
    bin,
    args: ['dev', '--listen', `127.0.0.1:${port}`, '--data', folder],
    url: `http://127.0.0.1:${port}`,
    env,
    removeAfterwards: data ? undefined : folder,
  });
}

/** Starts a process and waits until `/readyz` names the state: `ready`, or `sealed` where that is what should happen. */
export async function start({ name, bin = binary(), args, url, env = {}, state = 'ready', removeAfterwards }) {
  mkdirSync(LOGS, { recursive: true });
  const log = createWriteStream(join(LOGS, `${name}.log`), { flags: 'a' });
  const lines = [];
  const child = spawn(bin, args, { env: { ...cleanEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      log.write(text);
      lines.push(text);
      if (lines.length > 400) lines.shift();
    });
  }
  const ended = new Promise((done) => {
    child.once('error', (error) => done(`could not be started: ${error.message} (build it first: cargo build)`));
    child.once('exit', (code, signal) => done(signal ? `was ended by ${signal}` : `ended with code ${code}`));
  });
  let end;
  ended.then((how) => (end = how));
  // A test that failed before it could stop the process must not keep the test runner waiting for it.
  child.unref();
  for (const stream of [child.stdout, child.stderr]) stream.unref();
  // If the test runner dies, the process must not outlive it.
  const atExit = () => child.kill('SIGKILL');
  process.once('exit', atExit);

  const settle = async () => {
    process.removeListener('exit', atExit);
    log.end();
    if (removeAfterwards) await rm(removeAfterwards, { recursive: true, force: true });
  };
  const output = () => lines.join('').slice(-6000);
  const failure = (what) => new Error(`${name}: ${what}\n--- its last lines\n${output()}`);

  const keywright = {
    url,
    pid: child.pid,
    output,
    /** Resolves when the process has ended, with how. */
    ended,
    /** Asks it to stop as an operator would. */
    async stop() {
      child.ref();
      child.kill('SIGTERM');
      const how = await within(STOPPED_WITHIN_MS, ended);
      if (how === undefined) {
        child.kill('SIGKILL');
        await ended;
        await settle();
        throw failure(`did not stop within ${STOPPED_WITHIN_MS} ms of SIGTERM`);
      }
      await settle();
      return how;
    },
    /** The power cord, as far as a process can feel it. */
    async kill9() {
      child.ref();
      child.kill('SIGKILL');
      await ended;
      await settle();
    },
  };

  const giveUp = Date.now() + READY_WITHIN_MS;
  for (;;) {
    if (end) {
      await settle();
      throw failure(end);
    }
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    const said = await answer?.text().catch(() => undefined);
    if (said && JSON.parse(said).state === state) return keywright;
    if (Date.now() > giveUp) {
      await keywright.kill9();
      throw failure(`not ${state} within ${READY_WITHIN_MS} ms; /readyz last answered ${said ?? 'nothing'}`);
    }
    await pause(50);
  }
}

/** Runs one command line to its end. */
export async function run({ args, bin = binary(), env = {}, withinMs = 60_000 }) {
  const child = spawn(bin, args, { env: { ...cleanEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  const code = await new Promise((done, failed) => child.once('error', failed).once('close', done));
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** What a newcomer's shell has, without settings of ours or of an SDK that would decide what is tested. */
function cleanEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(KEYWRIGHT_|OPENAI_|ANTHROPIC_|HTTPS?_PROXY|NODE_)/i.test(name)),
  );
}

async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((done) => (timer = setTimeout(done, milliseconds)));
  const first = await Promise.race([promise, late]);
  clearTimeout(timer);
  return first;
}
