import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** Folders a figure needs; a missing one skips it by name. */
export function dataFolder(): string | undefined {
  return process.env['TERRACE_DATA'];
}

export function modelsFolder(): string | undefined {
  return process.env['TERRACE_MODELS'];
}

export const clincFiles = (data: string): string[] => [
  join(data, 'clinc150', 'val.jsonl'),
  join(data, 'clinc150', 'oos-val.jsonl'),
];

export const machine = (): string =>
  `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}`;
