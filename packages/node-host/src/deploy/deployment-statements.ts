import type { Transaction } from '@libsql/client/sqlite3';
import type { DeploymentState, DeploymentWish, LeaseRow, RewardRecord } from '@terrace/core/deploy';
import { StorageError } from '@terrace/core';
import { deploymentStateSchema } from './deployment-state-schema.js';

export async function readLease(transaction: Transaction): Promise<LeaseRow | undefined> {
  const { rows } = await transaction.execute('SELECT owner, fence, beat FROM deployment_lease');
  const [row] = rows;
  return row && { owner: String(row['owner']), fence: Number(row['fence']), beat: Number(row['beat']) };
}

export async function writeLease(transaction: Transaction, lease: LeaseRow, atWallMs: number): Promise<void> {
  const { owner, fence, beat } = lease;
  await transaction.execute({
    sql: 'INSERT OR REPLACE INTO deployment_lease (one, owner, fence, beat, at_wall_ms) VALUES (1, ?, ?, ?, ?)',
    args: [owner, fence, beat, atWallMs],
  });
}

/**
 * @param onDamage told of a state that cannot be read: the deployment begins anew, with all that the ledger knows of its models
 * @throws StorageError when a later version wrote it
 */
export async function readState(
  transaction: Transaction,
  onDamage: (warning: StorageError) => void,
): Promise<DeploymentState | undefined> {
  const { rows } = await transaction.execute('SELECT state FROM deployment');
  if (!rows[0]) return undefined;
  const state = parseJson(String(rows[0]['state']));
  const format = (state as Partial<DeploymentState> | null)?.format;
  if (typeof format === 'number' && format > 1) {
    throw new StorageError({
      message: `The state of the deployment has format ${format}; this program knows format 1.`,
      hint: 'Update Terrace to the version that wrote it.',
      facts: { format: String(format) },
    });
  }
  const { error } = deploymentStateSchema.safeParse(state);
  if (!error) return state as DeploymentState;
  onDamage(
    new StorageError({
      message: 'The state of the deployment is damaged: it begins anew. What its models cost and were worth is kept.',
      hint: 'Start rollouts and a pilot that were under way again.',
      cause: error,
    }),
  );
  return undefined;
}

/** Null where it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export async function writeState(transaction: Transaction, state: DeploymentState, fence: number): Promise<void> {
  await transaction.execute({
    sql: 'INSERT OR REPLACE INTO deployment (one, fence, state) VALUES (1, ?, ?)',
    args: [fence, JSON.stringify(state)],
  });
}

export async function readWishes(transaction: Transaction): Promise<DeploymentWish[]> {
  const { rows } = await transaction.execute('SELECT wish FROM deployment_wishes ORDER BY seq');
  return rows.map((row) => JSON.parse(String(row['wish'])) as DeploymentWish);
}

/** The first of checks and audits counts, and the last word of feedback. */
export async function insertReward(transaction: Transaction, record: RewardRecord): Promise<void> {
  const { requestId, source, atWallMs, model, reward, probability } = record;
  await transaction.execute({
    sql: `INSERT INTO deployment_rewards (request_id, source, at_wall_ms, model, reward, probability, seq)
          VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(rowid), 0) + 1 FROM deployment_rewards))
          ON CONFLICT (request_id, source) DO UPDATE SET at_wall_ms = excluded.at_wall_ms,
            model = excluded.model, reward = excluded.reward, probability = excluded.probability
          WHERE excluded.source = 'feedback'`,
    args: [requestId, source, atWallMs, model, reward, probability],
  });
}

/** Some of the rewards, and after which row the next ones are. */
export interface RewardPage {
  readonly records: readonly RewardRecord[];
  readonly lastRow: number;
}

export async function readRewards(
  transaction: Transaction,
  { sinceWallMs, afterRow, limit }: { sinceWallMs: number; afterRow: number; limit: number },
): Promise<RewardPage> {
  const { rows } = await transaction.execute({
    sql: `SELECT rowid AS row, request_id, source, at_wall_ms, model, reward, probability FROM deployment_rewards
          WHERE rowid > ? AND at_wall_ms >= ? ORDER BY rowid LIMIT ?`,
    args: [afterRow, sinceWallMs, limit],
  });
  const records = rows.map((row) => ({
    requestId: String(row['request_id']),
    source: String(row['source']) as RewardRecord['source'],
    atWallMs: Number(row['at_wall_ms']),
    model: String(row['model']),
    reward: Number(row['reward']),
    probability: Number(row['probability']),
  }));
  return { records, lastRow: Number(rows.at(-1)?.['row'] ?? afterRow) };
}
