import { z } from 'zod';
import { isAlive, processOwnerSchema, thisProcess } from '../store/content/process-owner.js';

/** A holder as the ledger keeps it: what it calls itself, and which process it is. */
const ownerSchema = z.object({ name: z.string(), process: processOwnerSchema });

export const leaseOwner = async (name: string): Promise<string> =>
  JSON.stringify({ name, process: await thisProcess() });

/** @returns undefined where it cannot be known */
export async function isOwnerAlive(owner: string): Promise<boolean | undefined> {
  const read = parse(owner);
  return read && isAlive(read.process);
}

export function nameOfOwner(owner: string): string {
  const read = parse(owner);
  return read ? `${read.name}, process ${read.process.pid} on ${read.process.host}` : 'a process of another version';
}

function parse(owner: string): z.infer<typeof ownerSchema> | undefined {
  try {
    return ownerSchema.parse(JSON.parse(owner));
  } catch {
    return undefined;
  }
}
