// The ledger as it lies on the disk of a stopped keywright: every entry, read with a SQLite that is not ours.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export function allEntries(data) {
  const database = new DatabaseSync(join(data, 'keywright.db'), { readOnly: true });
  try {
    const select = database.prepare('select id, cost_nano_usd as cost from usage_event order by id');
    select.setReadBigInts(true);
    return select.all();
  } finally {
    database.close();
  }
}
