// One private PostgreSQL on a unix socket in a temporary folder, which goes away with it.
//
// A shell supervises it and waits for the end of its own input, a pipe from this process: however this process ends, the
// shell stops the server and removes the folder. PostgreSQL refuses to run as root, so there it runs as `postgres`.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { join } from 'node:path';

import { temporaryFolder } from './keywright.mjs';

const DEBIAN = '/usr/lib/postgresql';

/** `$0` the programs, `$1` the folder. */
const SUPERVISE = `
"$0/initdb" -D "$1/data" -U keywright --auth=trust --no-sync --encoding=UTF8 --locale=C.UTF-8 >"$1/log" 2>&1 &&
"$0/pg_ctl" --silent -D "$1/data" -l "$1/log" -w start -o "-k '$1' -c listen_addresses='' -c fsync=off" >>"$1/log" 2>&1 &&
echo ready || { cat "$1/log"; exit 1; }
cat >/dev/null
"$0/pg_ctl" --silent -D "$1/data" -m immediate -w stop
rm -rf "$1"
`;

export async function startPostgres() {
  const folder = await temporaryFolder('postgres');
  const account = process.getuid() === 0 ? accountOfPostgres() : {};
  if (account.uid !== undefined) await chown(folder, account.uid, account.gid);
  const shell = spawn('/bin/sh', ['-c', SUPERVISE, programs(), folder], {
    ...account,
    cwd: folder,
    detached: true, // Ctrl-C ends the tests, and the shell must outlive them to clean up.
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise((done) => shell.once('close', done));
  const said = await new Promise((done, failed) => {
    shell.once('error', failed);
    let text = '';
    shell.stdout.setEncoding('utf8').on('data', (piece) => {
      text += piece;
      if (text.endsWith('ready\n')) done('ready');
    });
    ended.then(() => done(text));
  });
  if (said !== 'ready') throw new Error(`PostgreSQL did not start:\n${said}`);
  return {
    url: `postgres://keywright@localhost/postgres?host=${folder}`,
    async stop() {
      shell.stdin.end();
      await ended;
    },
  };
}

/** The newest of Debian's. */
function programs() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions.map((version) => join(DEBIAN, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')));
  if (!found) throw new Error('PostgreSQL’s programs are missing: install the package postgresql (./check packages)');
  return found;
}

function accountOfPostgres() {
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((entry) => entry.startsWith('postgres:'));
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
