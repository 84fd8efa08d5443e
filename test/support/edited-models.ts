import { readFileSync, writeFileSync } from 'node:fs';
import { SHIPPED, terrace } from './run-cli.js';

interface Entry {
  readonly id: string;
}

/** What `terrace models list --json` prints. */
interface Listing {
  readonly models: readonly (Entry & { origin: string })[];
  readonly deltas: readonly (Entry & { origin: string })[];
  readonly domains: readonly (Entry & { subDomains: string[]; calibration: { rows: number } | null })[];
  readonly ladders: readonly { models: string[] }[];
  readonly revision: string;
}

/** What a command prints that was refused, with `--json`. */
export interface Failure {
  readonly error: { code: string; message: string; hint: string; facts?: Record<string, unknown> };
}

export const ids = (entries: readonly Entry[]): string[] => entries.map(({ id }) => id);

export const list = async (home: string, models = SHIPPED): Promise<Listing> =>
  (await terrace(['models', 'list', '--json'], { home, models })).json<Listing>();

export function editJson(file: string, change: (content: Record<string, unknown>) => void): void {
  const content = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  change(content);
  writeFileSync(file, JSON.stringify(content));
}

export function flipByte(file: string): void {
  const content = readFileSync(file);
  content[content.length >> 1]! ^= 1;
  writeFileSync(file, content);
}
