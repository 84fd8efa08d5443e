import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteLedger } from '@terrace/node-host';
import { inspectLedger } from '../../packages/node-host/src/ledger/inspect-ledger.js';
import { killAtRandom, startVictim, type Random, type Victim } from '../support/kill-at-random.js';
import { SHIPPED } from '../support/run-cli.js';
import type { Scenario, Strike } from './scenario.js';

const WRITER = fileURLToPath(new URL('ledger-writer.mjs', import.meta.url));
/** Rows that one look at the ledger gives back. */
const MOST_OUTCOMES = 10_000;

/** A process that answers and says which records are durable, killed while it starts, answers and writes. */
export function ledgerAppend(): Scenario {
  const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-soak-ledger-'));
  const file = path.join(home, 'ledger.db');
  let acknowledged = 0;
  let stored = 0;
  let startMs = 2000;

  async function strike(random: Random): Promise<Strike> {
    const victim = startVictim({ args: [WRITER, home, SHIPPED] });
    const fromMs = performance.now();
    // Most kills are to come while it writes, some while it opens the file.
    if (random() < 0.8) {
      await victim.says('kept');
      startMs = performance.now() - fromMs;
      await killAtRandom({ victim, withinMs: 300, random });
    } else await killAtRandom({ victim, withinMs: startMs, random });
    const kept = victim.lines.filter((line) => line.startsWith('kept ')).flatMap((line) => line.split(' ').slice(1));
    acknowledged += kept.length;
    const { damage } = await inspectLedger(file).catch((error: unknown) => ({ damage: [String(error)] }));
    if (damage.length > 0) return { stage: stageOf(victim), corrupt: damage, lost: [] };
    const found = await requestIds(file);
    const lost = kept.filter((id) => !found.ids.has(id));
    // Every record that was there before is still there: the number of rows never goes down.
    if (found.complete && found.ids.size < stored) lost.push(`${stored - found.ids.size} records of earlier processes`);
    stored = Math.max(stored, found.ids.size);
    return { stage: stageOf(victim), corrupt: [], lost };
  }

  return {
    name: 'ledger append',
    strike,
    figures: () => ({ 'records acknowledged': acknowledged, 'records found': stored }),
    close: async () => rmSync(home, { recursive: true, force: true }),
  };
}

function stageOf({ lines }: Victim): string {
  const last = lines.at(-1) ?? '';
  if (last === '') return 'opening';
  if (last === 'open') return 'first answers';
  return last === 'answered' ? 'writing' : 'answering';
}

async function requestIds(file: string): Promise<{ ids: Set<string>; complete: boolean }> {
  const ledger = await openSqliteLedger({ file });
  try {
    const outcomes = await ledger.outcomes({ limit: MOST_OUTCOMES });
    return { ids: new Set(outcomes.map(({ requestId }) => requestId)), complete: outcomes.length < MOST_OUTCOMES };
  } finally {
    await ledger.close();
  }
}
