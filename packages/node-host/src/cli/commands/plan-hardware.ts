import { readFile, stat } from 'node:fs/promises';
import { InvalidDataError } from '@terrace/core';
import type { HardwareProfile } from '@terrace/core/deploy';
import { z } from 'zod';

const positive = z.number().positive().max(1e15);

/** A hundred machines take a hundredth of it. */
const MOST_BYTES = 2 ** 22;

/** Whoever writes one field wrongly has not described what was meant: nothing unknown is ignored. */
const machineSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(256)
    .refine((text) => !/[\p{Cc}\p{Surrogate}\p{Bidi_Control}]/u.test(text), 'a name without control characters'),
  memoryBytes: positive,
  cores: z.number().int().positive().max(4096),
  gpu: z.strictObject({ memoryBytes: positive, gflops: positive }).optional(),
  gflops: positive,
  gigabytesPerSecond: positive,
  watts: z.number().nonnegative().max(1e6),
  priceUsd: z.number().nonnegative().max(1e9),
  // What lasts less than an hour is nothing that could be bought.
  lifetimeHours: z.number().min(1).max(1e15),
});

const machinesSchema = z
  .array(machineSchema)
  .min(1, 'at least one machine')
  .max(100)
  .refine((machines) => new Set(machines.map(({ name }) => name)).size === machines.length, 'each name once');

/** @throws InvalidDataError with the path of the field that is wrong */
export async function readHardware(file: string): Promise<readonly HardwareProfile[]> {
  const text = await readText(file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw unreadable(file, (cause as Error).message, cause);
  }
  const parsed = machinesSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = (issue?.path ?? [])
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  throw unreadable(file, `${where || 'the list'} is wrong: ${issue?.message ?? 'unreadable'}`, parsed.error);
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, and at most ${MOST_BYTES} are read`);
    // Some editors begin a file with a mark of its encoding.
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    throw unreadable(file, (cause as Error).message, cause, 'Check the path and its permissions.');
  }
}

const SHAPE =
  'Write a JSON list of {"name", "memoryBytes", "cores", "gflops", "gigabytesPerSecond", "watts", "priceUsd", ' +
  '"lifetimeHours"}, with "gpu": {"memoryBytes", "gflops"} where there is one.';

const unreadable = (file: string, why: string, cause: unknown, hint = SHAPE): InvalidDataError =>
  new InvalidDataError({
    message: `The machines of ${file} cannot be read: ${why.replaceAll(/\p{Cc}/gu, '?').slice(0, 300)}.`,
    hint,
    facts: { file },
    cause,
  });
