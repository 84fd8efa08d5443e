import type { TextAsk, TextSource, TextSpent } from '../text/text-source.js';
import { writeScript, type Script, type ScriptedRun } from './scripted-text.js';

export interface FakeTextSource extends TextSource {
  /** What was asked of it, in order. */
  readonly runs: (ScriptedRun & { readonly job: TextAsk })[];
  /** May be changed between requests. */
  script: Script;
  closedFor: ReturnType<TextSource['closed']>;
}

/** A tier that writes a script, whoever would compute it. */
export function createFakeTextSource(
  script: Script = {},
  { readyInMs = 0, spent = {} }: { readonly readyInMs?: number; readonly spent?: Partial<TextSpent> } = {},
): FakeTextSource {
  const runs: FakeTextSource['runs'] = [];
  return {
    runs,
    script,
    closedFor: undefined,
    run(ask, signal) {
      const run = { job: ask, written: 0, state: 'writing' as const };
      runs.push(run);
      return {
        pieces: writeScript(this.script, ask, signal, run),
        spent: () => ({ costUsd: 0, sentBytes: 0, redacted: {}, loadMs: 0, loadedBytes: 0, ...spent }),
      };
    },
    readyInMs: () => readyInMs,
    closed() {
      return this.closedFor;
    },
  };
}
