import * as fileSystem from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@terrace/core';
import { systemClock } from '../../system-clock.js';
import { isAlive, thisProcess, type ProcessOwner } from './process-owner.js';

/** What the content store does to the world. A test may let it end at any of these calls. */
export type StoreFiles = Pick<
  typeof fileSystem,
  'chmod' | 'link' | 'open' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'stat' | 'truncate' | 'utimes'
>;

/** The process that uses a store, and its means. */
export interface StoreHost {
  readonly files: StoreFiles;
  readonly clock: Clock;
  readonly owner: ProcessOwner;
  isAlive(owner: ProcessOwner): Promise<boolean | undefined>;
}

/** A process that waits for a lock or for the next try has something to do: these sleeps keep it alive. */
const waitingClock: Clock = {
  ...systemClock,
  sleep: (delayMs, signal) => sleep(delayMs, undefined, signal && { signal }).catch(() => undefined),
};

export const thisHost = async (): Promise<StoreHost> => ({
  files: fileSystem,
  clock: waitingClock,
  owner: await thisProcess(),
  isAlive,
});
