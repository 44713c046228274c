// Runs a command beside a fresh keywright with a fresh key: KEYWRIGHT_URL and KEYWRIGHT_KEY are in its environment.
// Ends with the command's own exit code.

import { spawn } from 'node:child_process';

import { startDev } from './lib/keywright.mjs';
import { mint, signIn } from './lib/portal.mjs';
import { DEVELOPER } from './lib/people.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('with_key.mjs COMMAND [ARGUMENT…]');
  process.exit(2);
}
const keywright = await startDev({ name: 'with_key' });
try {
  const secret = await mint(await signIn(keywright.url, DEVELOPER), 'with_key');
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
