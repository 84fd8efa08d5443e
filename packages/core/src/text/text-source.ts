import type { TextJob } from '../ports/text-engine.js';
import type { TextEnd, TextPiece } from '../tasks/text-generation/text-output.js';

/** One question to a tier that generates. */
export interface TextAsk extends TextJob {
  readonly requestId: string;
  readonly domain: string | undefined;
  /** Name of the key it came in with. */
  readonly key: string | undefined;
  /** What the tier is expected to take until its first token, in milliseconds. */
  readonly expectedMs: number;
}

/** What one run of a tier took beside its text. */
export interface TextSpent {
  readonly costUsd: number;
  readonly sentBytes: number;
  /** How many values of each kind were replaced before the chat left. */
  readonly redacted: Readonly<Record<string, number>>;
  /** Of a tier of this device: waiting for its load, or 0. */
  readonly loadMs: number;
  readonly loadedBytes: number;
  /** Of that load. */
  readonly peakMemoryBytes?: number | undefined;
}

export interface TextRun {
  /** Pieces as they come; returns the end. Leaving it cancels the run, for real. */
  readonly pieces: AsyncGenerator<readonly TextPiece[], TextEnd>;
  /** What it took so far; whole once it is over, however it ended. */
  spent(): TextSpent;
}

/** A tier that generates, whoever computes it: sessions of this device, endpoints, models in code. */
export interface TextSource {
  /** @throws (from `pieces`) what sessions throw; of endpoints what `Remotes.run` throws */
  run(ask: TextAsk, signal: AbortSignal | undefined): TextRun;
  /** Milliseconds until it could begin; 0 where it is loaded. */
  readyInMs(): number;
  /** Why it cannot be asked now. */
  closed(): 'offline' | 'tier-failed' | 'cost' | undefined;
}
