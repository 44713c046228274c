// A LiteLLM proxy with models that answer by themselves, from a virtual environment of its own (`./check litellm`).

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { freePort, temporaryFolder } from './keywright.mjs';

const PROGRAM = join(import.meta.dirname, '..', 'litellm', '.venv', 'bin', 'litellm');
const READY_WITHIN_MS = 300_000;

export const isInstalled = () => existsSync(PROGRAM);

/** `models`: what each one always answers. */
export async function startLiteLlm({ credential, models }) {
  const folder = await temporaryFolder('litellm');
  const config = join(folder, 'config.yaml');
  const list = Object.entries(models).map(([model_name, mock_response]) => ({
    model_name,
    litellm_params: { model: 'openai/gpt-4o-mini', api_key: 'never used', mock_response },
  }));
  // JSON is YAML.
  await writeFile(config, JSON.stringify({ model_list: list, general_settings: { master_key: credential } }));
  const port = await freePort();
  const lines = [];
  const child = spawn(PROGRAM, ['--config', config, '--host', '127.0.0.1', '--port', String(port), '--telemetry', 'False'], {
    cwd: folder,
    // It would look for prices on the internet first.
    env: { PATH: process.env.PATH, HOME: folder, LITELLM_LOCAL_MODEL_COST_MAP: 'True', NO_PROXY: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => lines.push(text));
  let end;
  const ended = new Promise((done) => {
    child.once('error', (error) => done((end = error.message)));
    child.once('exit', (code, signal) => done((end = `ended with ${signal ?? code}`)));
  });
  const atExit = () => child.kill('SIGKILL');
  process.once('exit', atExit);
  const stop = async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
    process.removeListener('exit', atExit);
    await rm(folder, { recursive: true, force: true });
  };
  const giveUp = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health/liveliness`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (answer?.status === 200) return { url: `http://127.0.0.1:${port}/v1`, stop };
    if (end || Date.now() > giveUp) {
      await stop();
      throw new Error(`LiteLLM ${end ?? 'did not become ready'}:\n${lines.join('').slice(-4000)}`);
    }
    await pause(200);
  }
}
