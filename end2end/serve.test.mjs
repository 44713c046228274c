// `keywright serve` as an operator meets it: what it refuses to start with, what it says, and both databases.

import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { install } from './lib/installation.mjs';
import { run, startDev, temporaryFolder } from './lib/keywright.mjs';
import { startPostgres } from './lib/postgres.mjs';

/** Where the development identity provider lives in dev mode, and nothing otherwise. */
const DEV_IDP = '/dev-idp/.well-known/openid-configuration';

let folder;
before(async () => {
  folder = await temporaryFolder('serve');
});
after(() => rm(folder, { recursive: true, force: true }));

test('every problem of a configuration is listed at once, and nothing is started', async () => {
  const config = join(folder, 'wrong.toml');
  await writeFile(
    config,
    `
public_origin = "http://keys.example.com"
listen = "0.0.0.0:8080"
lisen = "127.0.0.1:8080"
database_url = "mysql://root:hunter2@db/keys"
data_dir = "${folder}/never-made"
[root]
source = "vault"
`,
  );
  const { code, stderr, stdout } = await run({ args: ['serve', '--config', config] });
  assert.notEqual(code, 0);
  for (const problem of [
    /line 2: `public_origin` must begin with https:\/\//,
    /line 3: `listen` would speak plain HTTP to other machines/,
    /line 4: `lisen` .* did you mean `listen`\?/,
    /line 5: `database_url` cannot be used/,
    /line 8: `root\.source` is "vault"/,
    /`organisation\.name` is missing/,
    /`issuer` is missing/,
    /7 problems/,
  ]) {
    assert.match(stderr, problem);
  }
  assert.doesNotMatch(stderr + stdout, /hunter2/);
  await assert.rejects(stat(join(folder, 'never-made')));
});

test('without the right root secret the process is sealed, and says so everywhere', async (t) => {
  const installation = await install({ folder: join(folder, 'sealed') });
  const { origin, root } = installation;
  await (await installation.start({ name: 'serve-sealed' })).stop();
  await copyFile(root, `${root}.kept`);

  const wrongs = {
    'another one': async () => {
      await rm(root);
      await writeFile(root, Buffer.alloc(32, 8), { mode: 0o400 });
    },
    'one that others can read': () => chmod(root, 0o444),
    'none at all': () => rm(root),
  };
  for (const [what, make] of Object.entries(wrongs)) {
    await t.test(what, async () => {
      await make();
      const sealed = await installation.start({ name: 'serve-sealed', state: 'sealed' });
      try {
        assert.equal((await fetch(`${origin}/healthz`)).status, 200);
        assert.equal((await fetch(`${origin}/readyz`)).status, 503);
        const page = await fetch(`${origin}/`);
        assert.equal(page.status, 503);
        assert.match(await page.text(), /root secret/i);
        const call = await fetch(`${origin}/v1/models`, { headers: { authorization: 'Bearer kwr_nobody' } });
        assert.equal(call.status, 503);
        assert.match((await call.json()).error.message, /root secret/i);
        const invitation = await run({ args: ['admin', 'invite', '--config', installation.config] });
        assert.notEqual(invitation.code, 0);
        assert.match(invitation.stderr, /sealed/i);
      } finally {
        await sealed.stop();
      }
    });
  }

  await t.test('put back, everything opens again', async () => {
    await copyFile(`${root}.kept`, root);
    await chmod(root, 0o400);
    await (await installation.start({ name: 'serve-sealed' })).stop();
  });
});

test('a database of keywright dev is refused', async () => {
  const data = join(folder, 'dev');
  await mkdir(data);
  const dev = await startDev({ name: 'serve-dev', data });
  assert.equal((await fetch(dev.url + DEV_IDP)).status, 200);
  await dev.stop();
  const installation = await install({
    folder: join(folder, 'on dev'),
    root: join(data, 'root.key'),
    database: `sqlite:${data}/keywright.db`,
  });
  const refused = await run({ args: ['serve', '--config', installation.config] });
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /made by keywright dev/);
  const checked = await run({ args: ['serve', '--config', installation.config, '--check'] });
  assert.notEqual(checked.code, 0);
  assert.match(checked.stdout, /^FAILED  database: .*made by keywright dev/m);
});

test('SQLite', async (t) => serves(t, join(folder, 'sqlite'), `sqlite:${folder}/shared.db`));

test('PostgreSQL', async (t) => {
  const postgres = await startPostgres();
  try {
    await serves(t, join(folder, 'postgres'), postgres.url);
  } finally {
    await postgres.stop();
  }
});

/** What holds on either database. */
async function serves(t, at, database) {
  const root = join(at, 'root.key');
  const first = await install({ folder: at, root, database });
  const keywright = await first.start({ name: 'serve' });
  try {
    await t.test('the sign-in page is up, and nothing of dev mode is', async () => {
      assert.match(await (await fetch(`${first.origin}/`)).text(), /Sign in with Unused/);
      assert.equal((await fetch(first.origin + DEV_IDP)).status, 404);
    });

    await t.test('the command line talks to it', async () => {
      const invitation = await run({ args: ['admin', 'invite', '--config', first.config] });
      assert.equal(invitation.code, 0, invitation.stderr);
      assert.ok(invitation.stdout.includes(`${first.origin}/auth/invite/`), invitation.stdout);
      const audit = await run({ args: ['audit', 'verify', '--config', first.config] });
      assert.equal(audit.code, 0, audit.stderr);
      assert.match(audit.stdout, /unbroken/);
      const ledger = await run({ args: ['ledger', 'verify', '--config', first.config] });
      assert.equal(ledger.code, 0, ledger.stderr);
      assert.match(ledger.stdout, /Drift 0/);
    });

    await t.test('a second process on the same database does not start, and says why', async () => {
      const second = await install({ folder: `${at} second`, root, database });
      const refused = await run({ args: ['serve', '--config', second.config] });
      assert.notEqual(refused.code, 0);
      assert.match(refused.stderr, /another Keywright process uses this database/i);
    });
  } finally {
    await keywright.stop();
  }

  await t.test('stopped and started again, it is the same installation', async () => {
    const again = await first.start({ name: 'serve' });
    const audit = await run({ args: ['audit', 'verify', '--config', first.config] });
    await again.stop();
    assert.match(audit.stdout, /chain of [1-9]\d* audit entries/);
  });
}
