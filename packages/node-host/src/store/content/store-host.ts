import * as fileSystem from 'node:fs/promises';
import type { Clock } from '@terrace/core';
import { workingClock } from '../../system-clock.js';
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

export const thisHost = async (): Promise<StoreHost> => ({
  files: fileSystem,
  clock: workingClock,
  owner: await thisProcess(),
  isAlive,
});
