// Runs a command beside a fresh keywright with a fresh key and a model at home in each wire format: KEYWRIGHT_URL and
// KEYWRIGHT_KEY are in its environment. Ends with the command's own exit code.

import { spawn } from 'node:child_process';

import { addOneModelForEachFormat } from './lib/administration.mjs';
import { startDev } from './lib/keywright.mjs';
import { mint, signIn, widenGuardrails } from './lib/portal.mjs';
import { DEVELOPER } from './lib/people.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('with_key.mjs COMMAND [ARGUMENT…]');
  process.exit(2);
}
const keywright = await startDev({ name: 'with_key' });
try {
  await addOneModelForEachFormat(keywright.url);
  await widenGuardrails(keywright.url, { callsAMinute: 6000, callsAtOnce: 100 });
  const secret = await mint(await signIn(keywright.url, DEVELOPER), 'with_key', (form) => form.fill(/^requests a minute/i, '6000'));
  const child = spawn(command, args, {
    stdio: 'inherit',
    env: { ...process.env, KEYWRIGHT_URL: keywright.url, KEYWRIGHT_KEY: secret },
  });
  process.exitCode = await new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done(code ?? 1));
  });
} finally {
  await keywright.stop();
}
