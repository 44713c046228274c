// The pages there are, read from the portal's own table in `app/src/routes.rs`: a page that is added there is known here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = join(import.meta.dirname, '..', '..', 'app', 'src');

/** Every address that answers GET, in the router's syntax (`/keys/{id}`), with the permission that it demands. */
export function pages() {
  const named = new Map(
    [...read('paths.rs').matchAll(/^pub const (\w+): &str = "([^"]+)";$/gm)].map(([, name, path]) => [name, path]),
  );
  const table = read('routes.rs');
  const rows = [...table.matchAll(/\broute!\(\s*Get\s+(?:"([^"]+)"|paths::(\w+)),\s*(\w+),/g)];
  // A row in a form that is not understood must not be overlooked.
  const count = [...table.matchAll(/\broute!\(\s*Get\b/g)].length;
  if (rows.length !== count || count === 0) throw new Error(`${rows.length} of ${count} rows of routes.rs are understood`);
  return rows.map(([, literal, name, permission]) => {
    const path = literal ?? named.get(name);
    if (!path) throw new Error(`paths.rs has no ${name}`);
    return { path, permission };
  });
}

function read(file) {
  return readFileSync(join(SOURCES, file), 'utf8');
}
