// What an operator writes for `keywright serve`: a configuration and a root key in a folder of their own.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort, start } from './keywright.mjs';

/** An issuer that is never asked: nobody signs in. */
const UNUSED_ISSUER = `
[[issuer]]
id = "unused"
name = "Unused"
url = "http://127.0.0.1:9"
client_id = "kw"
client_secret = "never sent anywhere"
`;

/**
 * Writes `keywright.toml`, and a root key unless there is one. `issuers` and `egress` are TOML as the operator writes it.
 * Two installations with the same `root` and `database` but folders of their own are what a second process would be.
 */
export async function install({ folder, root = join(folder, 'root.key'), database, issuers = UNUSED_ISSUER, egress = '', port }) {
  port ??= await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const config = join(folder, 'keywright.toml');
  await mkdir(folder, { recursive: true });
  await writeFile(root, Buffer.alloc(32, 7), { mode: 0o400, flag: 'wx' }).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await writeFile(
    config,
    `
public_origin = "${origin}"
listen = "127.0.0.1:${port}"
database_url = "${database ?? `sqlite:${folder}/keywright.db`}"
data_dir = "${folder}/data"

[organisation]
name = "Example"

[root]
source = "file"
file = "${root}"

[egress]
allow = ["127.0.0.0/8", "::1/128"]
${egress}

[limits]
lb_delay_seconds = 0
drain_seconds = 5
${issuers}`,
  );
  return {
    config,
    origin,
    root,
    start: ({ name, ...more }) => start({ name, args: ['serve', '--config', config], url: origin, ...more }),
  };
}
