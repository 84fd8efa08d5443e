import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client/sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../system-clock.js';
import { openSqliteQueue } from './sqlite-queue.js';

/** The built modules: a process of its own cannot import TypeScript. */
const built = (path: string): string => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);

/** `add`: adds so many, printing each that is durable. `answer`: answers what waits, printing each answer that was kept. */
const script = `
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteQueue } from ${built('queue/sqlite-queue.js')};
import { systemClock } from ${built('system-clock.js')};
const [file, name, what, count] = process.argv.slice(2);
const queue = await openSqliteQueue({ file, clock: systemClock });
const say = (line) => process.stdout.write(line + '\\n');
if (what === 'add') {
  for (let i = 0; i < Number(count); i++) {
    await queue.add({ requestId: name + i, atWallMs: i, request: JSON.stringify({ text: 'words '.repeat(50) }) });
    say(name + i);
  }
} else {
  while ((await queue.waiting()) > 0) {
    const claim = await queue.claim(600_000);
    if (!claim) { await sleep(2); continue; }
    const { requestId } = claim.queued;
    say('began ' + requestId);
    if (what === 'hold') await sleep(600_000);
    if (await queue.finish(claim, { result: JSON.stringify(name) })) say('kept ' + requestId);
  }
}
await queue.close();
`;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-queue-'));
  file = join(folder, 'queue.db');
  writeFileSync(join(folder, 'use.mjs'), script);
});
afterEach(() => rmSync(folder, { recursive: true }));

type What = 'add' | 'answer' | 'hold';

function start(name: string, what: What, count = 0) {
  const args = [join(folder, 'use.mjs'), file, name, what, String(count)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line');
  lines.on('line', (line) => said.push(line));
  return { child, said, first, ended: Promise.all([once(child, 'exit'), once(lines, 'close')]) };
}

const kept = (said: readonly string[]): string[] =>
  said.filter((line) => line.startsWith('kept ')).map((line) => line.slice(5));

async function fill(count: number): Promise<string[]> {
  const queue = await openSqliteQueue({ file, clock: systemClock });
  const ids = Array.from({ length: count }, (_, i) => `r${i}`);
  for (const requestId of ids) await queue.add({ requestId, atWallMs: 1, request: '{"text":"words"}' });
  await queue.close();
  return ids;
}

async function results(): Promise<Map<string, string>> {
  const queue = await openSqliteQueue({ file, clock: systemClock });
  const states = await queue.list({ limit: 1000 });
  await queue.close();
  return new Map(states.map((state) => [state.queued.requestId, state.kind === 'done' ? state.result : state.kind]));
}

/** Not damaged, and its sums are those of its rows. */
async function expectIntact(): Promise<void> {
  const client = createClient({ url: pathToFileURL(file).href });
  const integrity = await client.execute('PRAGMA integrity_check');
  const sums = await client.execute(`
    SELECT t.ended, t.requests = count(q.seq) AND t.bytes = coalesce(sum(q.bytes), 0) AS right,
      coalesce(sum(q.bytes = octet_length(q.request) + coalesce(octet_length(q.ending), 0)), 0) = count(q.seq) AS measured
    FROM totals t LEFT JOIN queued q ON t.ended = (q.state <> 'waiting') GROUP BY t.ended`);
  client.close();
  expect(integrity.rows).toMatchObject([{ integrity_check: 'ok' }]);
  expect(sums.rows).toMatchObject([
    { ended: 0, right: 1, measured: 1 },
    { ended: 1, right: 1, measured: 1 },
  ]);
}

it('keeps every acknowledged request of a process that is killed', async () => {
  const acknowledged: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const run = start(name, 'add', 10_000);
    await run.first;
    await sleep(Math.random() * 150);
    run.child.kill('SIGKILL');
    await run.ended;
    // A last line that the kill cut short would name another request; those ids are shorter, so they were printed too.
    acknowledged.push(...run.said);
  }
  const queue = await openSqliteQueue({ file, clock: systemClock });
  for (const id of acknowledged) expect(await queue.read(id)).toMatchObject({ kind: 'waiting' });
  await queue.close();
  expect(acknowledged.length).toBeGreaterThan(2);
  await expectIntact();
}, 60_000);

it('answers each request once and in order, however often the process that answers is killed', async () => {
  const ids = await fill(400);
  const all: string[] = [];
  const order: string[] = [];
  for (let round = 0; all.length < ids.length; round++) {
    const run = start(`p${round}`, 'answer');
    await Promise.race([run.first, run.ended]);
    await sleep(Math.random() * 100);
    // The last one is left alone, or this would go on for long.
    if (round < 4) run.child.kill('SIGKILL');
    await run.ended;
    order.push(...run.said.filter((line) => line.startsWith('began ')).map((line) => line.slice(6)));
    all.push(...kept(run.said));
    if ([...(await results()).values()].every((result) => result !== 'waiting')) break;
  }
  // Begun again where its process was killed over it, and never out of turn.
  expect([...new Set(order)]).toEqual(ids);
  expect(order).toEqual(order.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
  // An ending may have been kept and not told of; none is told of twice.
  expect(new Set(all).size).toBe(all.length);
  expect([...(await results()).keys()]).toEqual(ids);
  await expectIntact();
}, 60_000);

it('shares its requests between processes that answer at the same time, each to one', async () => {
  const ids = await fill(120);
  const runs = ['x', 'y', 'z'].map((name) => ({ name, ...start(name, 'answer') }));
  const ends = await Promise.all(runs.map(({ ended }) => ended));
  expect(ends.map(([exit]) => exit[0])).toEqual([0, 0, 0]);
  const by = new Map(runs.flatMap(({ name, said }) => kept(said).map((id) => [id, JSON.stringify(name)] as const)));
  expect(runs.flatMap(({ said }) => kept(said))).toHaveLength(ids.length);
  expect(await results()).toEqual(new Map(ids.map((id) => [id, by.get(id)])));
  await expectIntact();
}, 60_000);

it('takes the requests of several processes that open one new file at the same time', async () => {
  const runs = ['x', 'y', 'z'].map((name) => start(name, 'add', 40));
  const ends = await Promise.all(runs.map(({ ended }) => ended));
  expect(ends.map(([exit]) => exit[0])).toEqual([0, 0, 0]);
  expect((await results()).size).toBe(120);
  await expectIntact();
}, 60_000);

it('gives out at once what a process that is gone has claimed, and not before it is gone', async () => {
  await fill(1);
  const holder = start('h', 'hold');
  await holder.first;
  const queue = await openSqliteQueue({ file, clock: systemClock });
  expect(await queue.claim(600_000)).toBeUndefined();
  holder.child.kill('SIGKILL');
  await holder.ended;
  expect(await queue.claim(600_000)).toMatchObject({ queued: { requestId: 'r0' }, tries: 2 });
  await queue.close();
}, 60_000);
