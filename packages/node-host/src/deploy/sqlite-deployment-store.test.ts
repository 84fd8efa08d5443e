import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentState } from '@terrace/core/deploy';
import { createFakeClock, describeDeploymentStoreContract, exampleDeploymentState } from '@terrace/core/testing';
import { afterAll, expect, it } from 'vitest';
import { systemClock } from '../system-clock.js';
import { openSqliteDeploymentStore } from './sqlite-deployment-store.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
function ledgerFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-deployment-'));
  folders.push(folder);
  return join(folder, 'ledger.db');
}
const settle = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 5));

describeDeploymentStoreContract('ledger.db', async () => {
  const file = ledgerFile();
  const clocks = [createFakeClock(), createFakeClock()] as const;
  // As processes of two machines: only beats say whether the other one lives.
  const [first, second] = clocks.map((clock) =>
    openSqliteDeploymentStore({ file, clock, isAlive: async () => undefined }),
  );
  return {
    first: first!,
    second: second!,
    async pass(ms, who) {
      for (let left = ms; left > 0; left -= 5_000) {
        await settle();
        for (const clock of who === 'both' ? clocks : clocks.slice(1)) clock.advance(5_000);
      }
      await settle();
      await settle();
    },
  };
});

it('is followed at once when its process is dead, and not taken from one that lives', async () => {
  const file = ledgerFile();
  const living = openSqliteDeploymentStore({ file, clock: systemClock });
  const lease = await living.hold('a server');
  const other = openSqliteDeploymentStore({ file, clock: systemClock });
  await expect(other.hold('another')).rejects.toMatchObject({
    code: 'LEASE_HELD',
    facts: { owner: expect.stringMatching(/^a server, process \d+ on /) },
  });
  const later = openSqliteDeploymentStore({ file, clock: systemClock, isAlive: async () => false });
  expect(await later.holder()).toBeUndefined();
  const taken = await later.hold('another');
  expect(taken.fence).toBe(lease.fence + 1);
  for (const store of [living, other, later]) await store.close();
});

it('makes no file to say that there is nothing', async () => {
  const file = ledgerFile();
  const store = openSqliteDeploymentStore({ file, clock: systemClock });
  expect(await store.read()).toBeUndefined();
  expect(await store.holder()).toBeUndefined();
  for await (const _ of store.rewards(0)) throw new Error('there are none');
  await store.close();
  expect(() => rmSync(file)).toThrow('ENOENT');
});

it.each([
  ['no object', null],
  ['half of one', { format: 1 }],
  ['a model in no stage', exampleDeploymentState({ models: [{ model: 'a', stage: 'gone' }] as never })],
  ['a rollout beyond its last step', exampleDeploymentState({ rollouts: [{ id: 'a-1', step: 9 }] as never })],
])('begins anew, and says so, where the state is damaged: %s', async (_, state) => {
  const warnings: unknown[] = [];
  const onWarning = (warning: unknown): void => void warnings.push(warning);
  const store = openSqliteDeploymentStore({ file: ledgerFile(), clock: systemClock, onWarning });
  const lease = await store.hold('a server');
  await store.write(state as DeploymentState, lease);
  expect(await store.read()).toBeUndefined();
  expect(warnings).toMatchObject([{ code: 'STORAGE_FAILED', message: expect.stringContaining('begins anew') }]);
  await store.close();
});

it('refuses the state of a later version', async () => {
  const store = openSqliteDeploymentStore({ file: ledgerFile(), clock: systemClock });
  await store.write(exampleDeploymentState({ format: 2 as never }), await store.hold('a server'));
  await expect(store.read()).rejects.toMatchObject({ hint: 'Update Terrace to the version that wrote it.' });
  await store.close();
});
