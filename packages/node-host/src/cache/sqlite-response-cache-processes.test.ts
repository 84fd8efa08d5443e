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
import { openSqliteResponseCache } from './sqlite-response-cache.js';

/** The built modules: a process of its own cannot import TypeScript. */
const built = (path: string): string => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);

/** Keeps answers without end, two at a time, and says which are durable; every tenth time it removes what it kept first. */
const script = `
import { openSqliteResponseCache } from ${built('cache/sqlite-response-cache.js')};
import { systemClock } from ${built('system-clock.js')};
const [file, name] = process.argv.slice(2);
const store = await openSqliteResponseCache({ file, clock: systemClock });
const question = { task: 't', domain: undefined, encoder: 'e', features: ['f'], answerId: 'a', vector: new Float32Array(8).fill(1) };
for (let i = 0; ; i++) {
  const keys = ['x', 'y'].map((half) => name + i + half);
  await store.put(keys.map((key) => ({ key, scope: 's', tenant: name, tags: [name], storedAtWallMs: 1, expiresAtWallMs: 2,
    body: JSON.stringify('words '.repeat(100)), question })));
  process.stdout.write(name + i + '\\n');
  if (i % 10 === 9) await store.forget({ keys: [name + '0x', name + '0y'] });
}
`;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-cache-'));
  file = join(folder, 'cache.db');
  writeFileSync(join(folder, 'keep.mjs'), script);
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(name: string) {
  const child = spawn(process.execPath, [join(folder, 'keep.mjs'), file, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line');
  lines.on('line', (line) => said.push(line));
  return { child, said, first, ended: Promise.all([once(child, 'exit'), once(lines, 'close')]) };
}

it('keeps every answer that was durable when the processes that write at the same time are killed, and its sums', async () => {
  const runs = ['a', 'b'].map(start);
  await Promise.all(runs.map(({ first }) => first));
  await sleep(Math.random() * 150);
  for (const { child } of runs) child.kill('SIGKILL');
  await Promise.all(runs.map(({ ended }) => ended));
  const store = await openSqliteResponseCache({ file, clock: systemClock });
  // A last line that the kill cut short names another one, which was kept before.
  const durable = runs.flatMap(({ said }) => said).filter((name) => !/^[ab]0?$/.test(name));
  for (const name of durable) for (const half of ['x', 'y']) expect(await store.get(name + half)).toBeDefined();
  const { entries } = await store.stats();
  await store.close();
  const client = createClient({ url: pathToFileURL(file).href });
  const integrity = await client.execute('PRAGMA integrity_check');
  const sums = await client.execute(`SELECT entries = (SELECT count(*) FROM answers) AS counted,
    bytes = (SELECT sum(bytes) FROM answers) AS measured,
    entries = (SELECT count(*) FROM tags) AS tagged,
    entries = (SELECT count(*) FROM changes WHERE gone = 0) AS told FROM totals`);
  client.close();
  expect(integrity.rows).toMatchObject([{ integrity_check: 'ok' }]);
  expect(sums.rows).toMatchObject([{ counted: 1, measured: 1, tagged: 1, told: 1 }]);
  expect(entries % 2).toBe(0);
}, 60_000);
