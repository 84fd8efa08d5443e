import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeResponseCacheContract } from '@terrace/core/testing';
import { afterEach } from 'vitest';
import { systemClock } from '../system-clock.js';
import { lazyResponseCache } from './lazy-response-cache.js';
import { openSqliteResponseCache } from './sqlite-response-cache.js';

const folders: string[] = [];
const newFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-cache-'));
  folders.push(folder);
  return join(folder, 'state', 'cache.db');
};
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

describeResponseCacheContract('SQLite', async (bounds) => {
  const file = newFile();
  const again = () => openSqliteResponseCache({ file, clock: systemClock, ...bounds });
  return { store: await again(), again };
});

describeResponseCacheContract('SQLite with a front in memory', async (bounds) => {
  const file = newFile();
  // A clock on which the front always looks: what others did is seen at once.
  let nowMs = 0;
  const clock = { ...systemClock, nowMs: () => (nowMs += 1000) };
  const again = async () => lazyResponseCache({ file, clock, onWarning: () => undefined, ...bounds });
  return { store: await again(), again };
});
