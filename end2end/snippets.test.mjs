// What the secret page prints, run exactly as printed: the text of the page goes into a file or a shell, nothing else does.
//
// Claude Code and Codex take part where they are installed (`./check agents`); without them, their tests say so.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Gateway, ownBudget } from './lib/gateway.mjs';
import { startDev, temporaryFolder } from './lib/keywright.mjs';
import { DEVELOPER } from './lib/people.mjs';
import { SECRET, mintedPage, signIn } from './lib/portal.mjs';

const HERE = import.meta.dirname;
const PYTHON = join(HERE, '.venv', 'bin', 'python');
const AGENTS = join(HERE, 'agents', 'node_modules', '.bin');

let keywright;
let folder;
let page;
let gateway;

before(async () => {
  folder = await temporaryFolder('snippets');
  await symlink(join(HERE, 'node_modules'), join(folder, 'node_modules'));
  keywright = await startDev({ name: 'snippets' });
  page = await mintedPage(await signIn(keywright.url, DEVELOPER), 'snippets');
  gateway = new Gateway(keywright.url, page.readOnlyValue(SECRET));
});
after(async () => {
  await keywright?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('curl', async () => {
  const answer = JSON.parse(await ran('bash', ['-euc', page.code('curl, macOS, Linux')]));
  assert.ok(answer.choices[0].message.content.length > 0);
});

for (const sdk of ['openai', 'anthropic']) {
  test(`Python, ${sdk}`, async () => {
    const file = join(folder, `with_${sdk}.py`);
    await writeFile(file, page.code(`Python (${sdk}), Python`));
    assert.match(await ran(PYTHON, [file]), /hello/i);
  });

  test(`Python, ${sdk}, with the .env and no arguments`, async () => {
    const env = variables(page.code(`Python (${sdk}), .env`));
    const client = { openai: 'OpenAI', anthropic: 'Anthropic' }[sdk];
    const program = `from ${sdk} import ${client}\nprint([model.id for model in ${client}().models.list()])`;
    assert.match(await ran(PYTHON, ['-c', program], { env }), /demo-large/);
  });
}

for (const sdk of ['openai', '@anthropic-ai/sdk']) {
  test(`Node, ${sdk}`, async () => {
    const file = join(folder, `${sdk.replaceAll('/', '-')}.mjs`);
    await writeFile(file, page.code(`Node, ${sdk}`));
    assert.match(await ran(process.execPath, [file]), /hello/i);
  });
}

test('Claude Code', { skip: missing('claude') }, async () => {
  const said = await agent(page.code('Claude Code, macOS, Linux'), /\nclaude$/, '\nclaude --print "Say hello."');
  assert.match(said, /demo-/);
});

test('Codex', { skip: missing('codex') }, async () => {
  await mkdir(join(folder, '.codex'));
  await writeFile(join(folder, '.codex', 'config.toml'), page.code('Codex, ~/.codex/config.toml'));
  const said = await agent(page.code('Codex, macOS, Linux'), /\ncodex$/, '\ncodex exec --skip-git-repo-check "Say hello."');
  assert.match(said, /demo-/);
});

/** Runs an agent's lines with a question in place of its screen, and sees that the call was paid for with this key. */
async function agent(snippet, command, instead) {
  const before = ownBudget(await gateway.key()).spent;
  assert.match(snippet, command);
  const env = { PATH: `${AGENTS}:${process.env.PATH}`, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' };
  const said = await ran('bash', ['-euc', snippet.replace(command, instead)], { env, timeout: 120_000 });
  assert.ok(ownBudget(await gateway.key()).spent > before, 'the call is in the ledger');
  return said;
}

function missing(program) {
  return existsSync(join(AGENTS, program)) ? false : `${program} is not installed (./check agents)`;
}

function variables(text) {
  return Object.fromEntries(text.trim().split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** In a home of its own, so that nobody's own settings take part. */
function ran(program, args, { env = {}, timeout = 60_000 } = {}) {
  const options = { cwd: folder, timeout, env: { HOME: folder, PATH: process.env.PATH, NO_PROXY: '127.0.0.1', ...env } };
  return new Promise((done, failed) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error) failed(new Error(`${error.message}\n${stdout}\n${stderr}`));
      else done(stdout);
    });
    child.stdin.end();
  });
}
