import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client/sqlite3';
import { outcomeEntry } from '@terrace/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteLedger } from './sqlite-ledger.js';

/** The built module: a process of its own cannot import TypeScript. */
const module = new URL('../../dist/ledger/sqlite-ledger.js', import.meta.url).href;

/** Appends pairs of rows named after its round, and prints the number of each pair that is durable. */
const script = `
import { openSqliteLedger } from ${JSON.stringify(module)};
const [file, round, pairs] = process.argv.slice(2);
const record = ${JSON.stringify(outcomeEntry({ decisions: [] }).record)};
const ledger = await openSqliteLedger({ file });
let next = 0;
const worker = async () => {
  while (next < Number(pairs)) {
    const id = next++;
    const entry = (half) => ({ kind: 'outcome', record: { ...record, requestId: round + ':' + id + half } });
    await ledger.append([entry('a'), entry('b')]);
    process.stdout.write(id + '\\n');
  }
};
await Promise.all([worker(), worker(), worker()]);
await ledger.close();
`;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-ledger-'));
  file = join(folder, 'ledger.db');
  writeFileSync(join(folder, 'append.mjs'), script);
});
afterEach(() => rmSync(folder, { recursive: true }));

function start({ round, pairs }: { round: string; pairs: number }) {
  const args = [join(folder, 'append.mjs'), file, round, String(pairs)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line');
  // A last line that the kill cut short would name another pair; those ids are shorter, so they were printed too.
  lines.on('line', (line) => acknowledged.push(`${round}:${line}`));
  return { child, acknowledged, first, ended: Promise.all([once(child, 'exit'), once(lines, 'close')]) };
}

async function storedPairs(): Promise<Map<string, string>> {
  const ledger = await openSqliteLedger({ file });
  const pairs = new Map<string, string>();
  for (const { requestId } of await ledger.outcomes({ limit: 10_000 })) {
    const pair = requestId.slice(0, -1);
    pairs.set(pair, requestId.slice(-1) + (pairs.get(pair) ?? ''));
  }
  await ledger.close();
  return pairs;
}

async function expectIntact(): Promise<void> {
  const client = createClient({ url: pathToFileURL(file).href });
  const { rows } = await client.execute('PRAGMA integrity_check');
  client.close();
  expect(rows).toMatchObject([{ integrity_check: 'ok' }]);
}

it('keeps every acknowledged append of a process that is killed, and no half of one', async () => {
  const acknowledged: string[] = [];
  for (let round = 0; round < 5; round += 1) {
    const run = start({ round: String(round), pairs: 900 });
    await run.first;
    await sleep(Math.random() * 120);
    run.child.kill('SIGKILL');
    await run.ended;
    acknowledged.push(...run.acknowledged);
    const pairs = await storedPairs();
    expect(acknowledged.filter((pair) => !pairs.has(pair))).toEqual([]);
    expect([...pairs].filter(([, halves]) => halves !== 'ab')).toEqual([]);
    await expectIntact();
  }
  expect(acknowledged.length).toBeGreaterThan(4);
}, 60_000);

it('takes the appends of several processes that open one new file at the same time', async () => {
  const runs = ['x', 'y', 'z'].map((round) => start({ round, pairs: 100 }));
  const ends = await Promise.all(runs.map(({ ended }) => ended));
  expect(ends.map(([exit]) => exit[0])).toEqual([0, 0, 0]);
  expect((await storedPairs()).size).toBe(300);
  await expectIntact();
}, 60_000);
