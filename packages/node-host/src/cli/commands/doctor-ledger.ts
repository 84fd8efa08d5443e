import { join } from 'node:path';
import { openDatabase } from '../../ledger/open-database.js';
import { systemClock } from '../../system-clock.js';
import type { Check } from './doctor-context.js';

/** Lines of damage that are shown; SQLite gives up to a hundred. */
const SHOWN = 3;

export const ledgerFile: Check = {
  name: 'ledger',
  async run({ settings }) {
    const file = join((await settings()).home, 'ledger.db');
    const connection = await openDatabase({ file, clock: systemClock });
    try {
      const damage = await connection.read(async (transaction) => {
        const { rows } = await transaction.execute('PRAGMA quick_check');
        return rows.map((row) => String(row['quick_check'])).filter((line) => line !== 'ok');
      });
      if (damage.length === 0) return [{ name: 'ledger', state: 'ok', found: `${file} passes SQLite's quick check` }];
      return [
        {
          name: 'ledger',
          state: 'problem',
          found: `${file} is damaged: ${damage.slice(0, SHOWN).join('; ')}`,
          fix: `Move ${file} away (keep it for \`sqlite3 FILE .recover\`); the next run starts a new ledger.`,
        },
      ];
    } finally {
      await connection.close();
    }
  },
};
