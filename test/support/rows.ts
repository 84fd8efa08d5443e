import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './run-cli.js';

export interface Row {
  readonly text: string;
  readonly label: string;
}

/** Ten requests that anyone would label so; nano names nine of them by itself. */
export const ROWS: readonly Row[] = [
  { text: 'what is my credit score', label: 'credit_score' },
  { text: 'how do i say hello in french', label: 'translate' },
  { text: 'what is the weather', label: 'weather' },
  { text: 'transfer money to savings', label: 'transfer' },
  { text: 'how do i freeze my account after someone stole my card', label: 'freeze_account' },
  { text: 'set an alarm for seven in the morning', label: 'alarm' },
  { text: 'flip a coin for me', label: 'flip_coin' },
  { text: 'tell me a joke about dogs', label: 'tell_joke' },
  { text: 'what is the capital of the third moon of jupiter', label: 'oos' },
  { text: 'how many miles per gallon does my car get', label: 'mpg' },
];

/** Labelled rows as a file, one JSON object a line. */
export function writeRows(rows: readonly unknown[]): string {
  const file = path.join(temporaryFolder(), 'rows', 'rows.jsonl');
  mkdirSync(path.dirname(file));
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}
