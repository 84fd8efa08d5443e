import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNodeRuntime } from '@terrace/node-host';
import { expect, it } from 'vitest';
import { startVictim } from './support/kill-at-random.js';
import { COMMAND, SHIPPED } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';

const BUILT_WORKER = new URL('../packages/node-host/dist/bundle/engine-worker.js', import.meta.url);
const LONG_MS = 120_000;
/** More than the file has before anything is embedded: vectors of 64 passages are as large. */
const BEGUN_BYTES = 150_000;

it('a document whose process is killed goes on where it was in the next one', { timeout: LONG_MS }, async () => {
  const home = temporaryHome();
  const file = path.join(home, 'long.txt');
  const paragraph = (i: number): string => `Rule ${i} of the house says what is done with matter ${i}. `.repeat(20);
  writeFileSync(file, Array.from({ length: 200 }, (_, i) => paragraph(i)).join(' '));
  const victim = startVictim({
    args: [COMMAND, 'documents', 'add', file],
    env: { TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED },
  });
  const log = path.join(home, 'documents.db-wal');
  while (victim.child.exitCode === null && !(existsSync(log) && statSync(log).size > BEGUN_BYTES)) await sleep(5);
  victim.child.kill('SIGKILL');
  expect({ code: await victim.ended, stderr: victim.stderr() }).toEqual({ code: undefined, stderr: '' });

  const runtime = await createNodeRuntime({ home, modelsFolder: SHIPPED, engineWorkerUrl: BUILT_WORKER });
  try {
    expect(await runtime.documents.list()).toEqual([]);
    const told: number[] = [];
    const record = await runtime.documents.add(
      {
        title: undefined,
        text: readFileSync(file, 'utf8'),
        blocks: [],
        pages: undefined,
        collection: 'default',
        source: file,
        mediaType: 'text/plain',
      },
      { onProgress: (done) => void told.push(done) },
    );
    expect(record.chunks).toBeGreaterThan(200);
    // The first 16 of this process, and what the other one has kept.
    expect(told[0]).toBeGreaterThanOrEqual(16 + 64);
    expect(await runtime.documents.list()).toEqual([record]);
  } finally {
    await runtime.close();
  }
});
