import * as fileSystem from 'node:fs/promises';
import { systemClock } from '../../system-clock.js';
import type { ProcessOwner } from '../content/process-owner.js';
import type { StoreFiles, StoreHost } from '../content/store-host.js';

/** A process that ends at one of its steps: nothing it wanted to do afterwards happens. */
export interface FallibleProcess {
  readonly host: StoreHost;
  isDead(): boolean;
}

class Crash extends Error {}

/**
 * A process of a machine of its own making, on the real file system. Every call to the file system is a step, and so
 * is every call on an open file; a write may be cut off in the middle.
 * @param dyingStep the step it does not survive
 * @param processes everyone on the machine, this one included once it is made
 */
export function fallibleProcess(
  pid: number,
  dyingStep: number,
  processes: Map<number, FallibleProcess>,
): FallibleProcess {
  let steps = 0;
  let dead = false;
  /** The clocks of all tests run fast, so that waiting is short; what is waited for is real. */
  let slept = 0;
  const step = (): void => {
    if (!dead && ++steps === dyingStep) dead = true;
    if (dead) throw new Crash(`process ${pid} is dead`);
  };
  const watched = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          if (name === 'write' && !dead && steps + 1 === dyingStep) {
            const [chunk, at, length, position] = args as [Uint8Array, number, number, number];
            await (object as unknown as fileSystem.FileHandle).write(chunk, at, length >> 1, position);
          }
          // The system closes the files of a process that ended.
          if (name !== 'close') step();
          const result: unknown = await (value as (...all: unknown[]) => unknown).apply(object, args);
          return name === 'open' ? watched(result as fileSystem.FileHandle) : result;
        };
      },
    });
  const owner: ProcessOwner = { pid, started: '1', host: 'machine', boot: '1' };
  const host: StoreHost = {
    files: watched<StoreFiles>({ ...fileSystem }),
    clock: {
      nowMs: systemClock.nowMs,
      wallMs: () => Date.now() + slept,
      async sleep(delayMs, signal) {
        slept += delayMs;
        await systemClock.sleep(1, signal);
        if (dead) throw new Crash(`process ${pid} is dead`);
      },
    },
    owner,
    isAlive: async ({ pid: other }) => processes.get(other)?.isDead() === false,
  };
  const made = { host, isDead: () => dead };
  processes.set(pid, made);
  return made;
}
