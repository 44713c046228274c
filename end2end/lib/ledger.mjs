// The ledger as it lies on the disk of a stopped keywright: every entry, read with a SQLite that is not ours.

import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** All entries, and what the hourly rollups and the organisation's budget counters make of them. */
export function readLedger(data) {
  const database = new DatabaseSync(databaseIn(data), { readOnly: true });
  const all = (sql) => {
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    return statement.all();
  };
  try {
    const entries = all('select id, cost, status from usage_event order by id').map((row) => ({ ...row, id: printed(row.id) }));
    const [{ rolledUp }] = all('select coalesce(sum(cost), 0) as rolledUp from usage_hour');
    return { entries, rolledUp };
  } finally {
    database.close();
  }
}

/** The request id as clients see it: `req_` and eleven base62 digits. */
function printed(number) {
  let text = '';
  for (let rest = number; text.length < 11; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text;
  return `req_${text}`;
}

function databaseIn(folder) {
  const found = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.name))
    .filter((path) => head(path) === 'SQLite format 3');
  if (found.length !== 1) throw new Error(`one database expected in ${folder}, found: ${found}`);
  return found[0];
}

function head(path) {
  const bytes = Buffer.alloc(15);
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(file);
  }
  return bytes.toString('latin1');
}
