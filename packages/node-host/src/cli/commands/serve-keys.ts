import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Placement } from '@terrace/core';
import { addKey, keysFileOf, readKeys, removeKey } from '../../server/keys/keys-file.js';
import type { ServerKey } from '../../server/keys/server-key.js';
import { systemClock } from '../../system-clock.js';
import { print, printJson, table, warn } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';

export interface ServerKeyFlags extends Omit<GlobalFlags, 'models'> {
  readonly keys?: string;
  /** Milliseconds from now. */
  readonly expires?: number;
  /** Names, with commas between them. */
  readonly models?: string;
  readonly residency?: Placement;
  /** Requests a minute. */
  readonly rate?: number;
}

const clock = systemClock;

/** `terrace serve keys add NAME`. */
export async function addServerKey(name: string, flags: ServerKeyFlags): Promise<number> {
  const { expires, models, residency, rate } = flags;
  const wallMs = clock.wallMs();
  const { key, token } = await addKey(
    await fileOf(flags),
    {
      name,
      ...(expires !== undefined && { expiresAt: new Date(wallMs + expires).toISOString() }),
      ...(models !== undefined && { models: models.split(',').map((each) => each.trim()) }),
      ...(residency && { residency }),
      ...(rate !== undefined && { requestsPerMinute: rate }),
    },
    wallMs,
  );
  if (flags.json) printJson({ ...describeKey(key), token });
  else
    print(`${token}\n\nThis is the key of ${name}; it is kept nowhere else. Clients send "authorization: Bearer KEY".`);
  return 0;
}

/** `terrace serve keys list`. */
export async function listServerKeys(flags: ServerKeyFlags): Promise<number> {
  const file = await fileOf(flags);
  const keys = existsSync(file) ? await readKeys(file) : [];
  if (flags.json) printJson({ file, keys: keys.map(describeKey) });
  else if (keys.length === 0) print('No keys yet: `terrace serve keys add NAME`.');
  else print(table([['key', 'state', 'made', 'models', 'residency', 'a minute'], ...keys.map(rowOf)]));
  return 0;
}

/** `terrace serve keys remove NAME`. */
export async function removeServerKey(name: string, flags: ServerKeyFlags): Promise<number> {
  await removeKey(await fileOf(flags), name);
  if (flags.json) printJson({ removed: name });
  else print(`the key ${name} counts no more`);
  return 0;
}

async function fileOf(flags: ServerKeyFlags): Promise<string> {
  const { models: _, ...others } = flags;
  const { home, warnings } = await readSettings(others);
  for (const warning of warnings) warn(warning);
  return flags.keys === undefined ? keysFileOf(home) : resolve(flags.keys);
}

/** Without its hash: nobody has a use for it. */
function describeKey({ name, createdAt, expiresAt, models, residency, requestsPerMinute }: ServerKey) {
  return {
    name,
    state: expiresAt !== undefined && clock.wallMs() >= Date.parse(expiresAt) ? 'expired' : 'counts',
    createdAt,
    expiresAt: expiresAt ?? null,
    models: models ?? null,
    residency: residency ?? null,
    requestsPerMinute: requestsPerMinute ?? null,
  };
}

function rowOf(key: ServerKey): string[] {
  const { name, state, createdAt, expiresAt, models, residency, requestsPerMinute } = describeKey(key);
  return [
    name,
    expiresAt === null ? state : `${state} until ${expiresAt}`,
    createdAt,
    models?.join(', ') ?? 'all',
    residency ?? 'any',
    requestsPerMinute === null ? 'any' : String(requestsPerMinute),
  ];
}
