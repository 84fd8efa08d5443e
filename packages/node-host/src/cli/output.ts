import { TerraceError } from '@terrace/core';

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

export const print = (line: string): void => void process.stdout.write(`${line}\n`);

export const warn = (line: string): void => void process.stderr.write(`warning: ${line}\n`);

/** An error as data: `{ code, message, hint, facts }`. */
export function describeError(error: unknown): { code: string; message: string; hint?: string; facts?: object } {
  if (TerraceError.isInstance(error)) {
    const { code, message, hint, facts } = error;
    return { code, message, hint, ...(Object.keys(facts).length > 0 && { facts }) };
  }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

export function printError(error: unknown, json: boolean): void {
  const described = describeError(error);
  if (json) return printJson({ error: described });
  process.stderr.write(`error ${described.code}: ${described.message}\n`);
  if (described.hint) process.stderr.write(`  ${described.hint}\n`);
}

/** Columns as wide as their widest cell; the last one is left to run. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export const bytes = (value: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const exponent = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  const scaled = value / 2 ** (10 * exponent);
  return `${exponent === 0 || scaled >= 100 ? scaled.toFixed(0) : scaled.toFixed(1)} ${units[exponent]}`;
};
export const ms = (value: number): string =>
  `${value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2)} ms`;
export const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
