import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidDataError, InvalidRequestError } from '@terrace/core';
import { budgetId, MOST_AMOUNT, type BudgetLimit } from '@terrace/core/budget';
import { z } from 'zod';
import { takeLock } from '../store/content/lock-file.js';
import { thisHost } from '../store/content/store-host.js';
import { unwritable, writeAtomically } from '../store/files/atomic-file.js';
import { makeFolder } from '../store/files/make-folder.js';

/** Names are part of ids, which are encoded, printed and compared. */
const name = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => !/[\p{Cc}\p{Surrogate}]/u.test(text), 'a name without control characters');

/** Whoever writes one field wrongly has not limited what was meant: nothing unknown is ignored. */
const limitSchema = z.strictObject({
  scope: z.strictObject({ key: name.optional(), domain: name.optional(), tier: name.optional() }).default({}),
  period: z.enum(['request', 'hour', 'day', 'month']),
  unit: z.enum(['usd', 'joules', 'bytes']),
  limit: z.number().nonnegative().max(MOST_AMOUNT),
  whenSpent: z.enum(['degrade', 'local', 'refuse']),
  alertAt: z.array(z.number().positive().max(1)).max(16).default([]),
});

const budgetsSchema = z.strictObject({ format: z.literal(1), budgets: z.array(limitSchema).max(1000) });

/**
 * The budgets as the file has them; none where there is no file.
 * @throws InvalidDataError when it cannot be read: a budget that nobody reads is none
 */
export async function readBudgets(file: string): Promise<readonly BudgetLimit[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unreadable(file, `it cannot be read: ${(cause as Error).message}`, cause);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw unreadable(file, `it is not JSON: ${(cause as Error).message}`, cause);
  }
  const parsed = budgetsSchema.safeParse(json);
  if (!parsed.success) throw unreadable(file, issueOf(parsed.error), parsed.error);
  return parsed.data.budgets;
}

/** Ids that stand in the file more than once: of each the last counts. */
export function repeatedIds(limits: readonly BudgetLimit[]): string[] {
  const ids = limits.map(budgetId);
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
}

/**
 * Adds a budget, or replaces the one with its id; what was spent of that one stays spent.
 * @returns whether it replaced one
 * @throws InvalidRequestError, InvalidDataError, StorageError
 */
export async function setBudget(file: string, limit: BudgetLimit): Promise<boolean> {
  const checked = limitSchema.safeParse(limit);
  if (!checked.success) {
    throw new InvalidRequestError({
      message: `The budget cannot be kept: ${issueOf(checked.error)}.`,
      hint: 'Correct it; `terrace budget set --help` says what is possible.',
    });
  }
  const id = budgetId(limit);
  let replaced = false;
  await change(file, (limits) => {
    const others = limits.filter((each) => budgetId(each) !== id);
    replaced = others.length < limits.length;
    return [...others, checked.data];
  });
  return replaced;
}

/** @throws InvalidRequestError when there is none, InvalidDataError, StorageError */
export async function removeBudget(file: string, id: string): Promise<void> {
  await change(file, (limits) => {
    const left = limits.filter((each) => budgetId(each) !== id);
    if (left.length < limits.length) return left;
    const known = limits.map(budgetId).join(', ');
    throw new InvalidRequestError({
      message: `There is no budget "${id.slice(0, 256)}".`,
      hint: known === '' ? 'No budget is set.' : `Budgets: ${known}.`,
      facts: { budget: id.slice(0, 256) },
    });
  });
}

async function change(file: string, to: (limits: readonly BudgetLimit[]) => readonly BudgetLimit[]): Promise<void> {
  await makeFolder(dirname(file), 0o700).catch((cause: unknown) => {
    throw unwritable(file, cause);
  });
  const lock = await takeLock(`${file}.lock`, await thisHost());
  try {
    const budgets = to(await readBudgets(file));
    await writeAtomically(file, `${JSON.stringify({ format: 1, budgets }, null, 1)}\n`, 0o600);
  } finally {
    await lock.release();
  }
}

function issueOf({ issues: [issue] }: z.ZodError): string {
  const where = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
  return `${where.join('').replace(/^\./, '') || 'the top level'} is wrong: ${issue?.message ?? 'unreadable'}`;
}

const unreadable = (file: string, why: string, cause: unknown): InvalidDataError =>
  new InvalidDataError({
    message: `The budgets of ${file} do not count: ${why.replaceAll(/\p{Cc}/gu, '?')}.`,
    hint: 'Correct the file, or move it away and set the budgets again with `terrace budget set`.',
    facts: { file },
    cause,
  });
