import { createInterface } from 'node:readline/promises';
import type { GlobalFlags } from './settings.js';

/**
 * The question whether a licence is accepted, for `requireLicences`.
 * @returns undefined where nobody is there to answer: no terminal, or `--json`
 */
export function askLicence(
  { json }: GlobalFlags,
  signal: AbortSignal,
): ((licence: string, models: readonly string[]) => Promise<boolean>) | undefined {
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (licence, models) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await terminal.question(
        `${models.join(', ')}: the licence is "${licence}". Do you accept it? [y/N] `,
        { signal },
      );
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      terminal.close();
    }
  };
}
