import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';

/** A process, told apart from a later one that got its number. */
export const processOwnerSchema = z.strictObject({
  pid: z.number().int().positive(),
  /** When it started, as the system counts; empty where the system does not tell. */
  started: z.string().max(64),
  host: z.string().max(256),
  /** Which start of the machine; empty where the system does not tell. */
  boot: z.string().max(64),
});

export type ProcessOwner = z.infer<typeof processOwnerSchema>;

export async function thisProcess(): Promise<ProcessOwner> {
  const [state, boot] = await Promise.all([stateOf(process.pid), bootId()]);
  return { pid: process.pid, started: state?.started ?? '', host: hostname(), boot };
}

/**
 * @returns undefined where it cannot be known: for a process of another host, and for a number that is taken where the
 *   system does not tell since when
 */
export async function isAlive({ pid, started, host, boot }: ProcessOwner): Promise<boolean | undefined> {
  if (host !== hostname()) return undefined;
  if (boot !== (await bootId())) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // One of another user is there as well.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const state = await stateOf(pid);
  if (state === undefined || started === '') return undefined;
  return state.started === started && !state.ended;
}

const bootId = (): Promise<string> =>
  readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  );

/** What Linux says of a process; its name, in brackets, may hold anything. */
async function stateOf(pid: number): Promise<{ started: string; ended: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields && { started: fields[19] ?? '', ended: fields[0] === 'Z' || fields[0] === 'X' };
}
