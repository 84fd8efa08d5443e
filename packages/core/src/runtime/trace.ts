import type { Placement } from '../catalog/fields.js';
import type { Rejection } from '../recommend/reasons.js';

/** Milliseconds since the request began. */
interface At {
  readonly atMs: number;
}

/** Everything that happened to one request, in order. Never its text. */
export type TraceEvent = At &
  (
    | {
        readonly kind: 'plan';
        readonly durationMs: number;
        readonly ladder: readonly string[];
        readonly rejected: readonly Rejection[];
        readonly catalogRevision: string;
        readonly ladderRevision: string | undefined;
      }
    | {
        /** A deployment has chosen among its live models; shares are P of each of them. */
        readonly kind: 'route';
        readonly window: string;
        readonly model: string;
        readonly shares: Readonly<Record<string, number>>;
      }
    | {
        readonly kind: 'load';
        readonly tier: string;
        readonly durationMs: number;
        readonly bytes: number;
        readonly peakMemoryBytes: number;
        readonly thread: 'inline' | 'worker';
      }
    | {
        readonly kind: 'run';
        readonly tier: string;
        readonly variant: string;
        /** As this request saw it, hop and waiting included. */
        readonly durationMs: number;
        /** Part of it that passed before the run began: behind other requests, or waiting for company. */
        readonly waitedMs: number;
        /** Tokenization and inference where they ran; of a shared run, this request's part. */
        readonly runMs: number;
        readonly tokens: number;
        /** Requests that shared the run, this one included. */
        readonly batch: number;
      }
    | {
        /** A tier that somebody else runs was asked. */
        readonly kind: 'call';
        readonly tier: string;
        readonly placement: Placement;
        readonly protocol: string;
        /** From the call to the answer, network and tries included. */
        readonly durationMs: number;
        readonly tokens: number;
        /** 2 when a second call was made because the first was late. */
        readonly calls: number;
        /** Values that were replaced before the text left, by kind. */
        readonly redacted: Readonly<Record<string, number>>;
      }
    | {
        /** A budget without room for more had its say: a tier was left out for it, or asked in spite of it. */
        readonly kind: 'budget';
        /** Its id, e.g. `month/usd`. */
        readonly budget: string;
        readonly left: number;
        readonly resetsAtWallMs: number | undefined;
      }
    | {
        /** A tier is asked together with the first one, as there is no time for one after the other. */
        readonly kind: 'hedge';
        readonly tier: string;
      }
    | { readonly kind: 'queued'; readonly requestId: string }
    | {
        readonly kind: 'judge';
        readonly path: readonly string[];
        readonly verdict: 'accept' | 'escalate';
        readonly reason: string | undefined;
        readonly confidence: number | undefined;
        readonly calibrated: boolean;
        readonly threshold: number | undefined;
      }
    | {
        readonly kind: 'climb';
        readonly from: string;
        readonly to: string;
        readonly reason: string;
        readonly gain: number | undefined;
      }
    /** The answer falls into a sub-domain that is a domain of its own: the request goes on in that one. */
    | { readonly kind: 'narrow'; readonly from: string; readonly to: string }
    | { readonly kind: 'stop'; readonly reason: string; readonly degraded: string | undefined }
    | {
        readonly kind: 'failed';
        readonly tier: string;
        readonly code: string;
        readonly message: string;
        readonly hint: string;
      }
    /** It was answered from memory: no tier was asked. */
    | { readonly kind: 'cache'; readonly hit: 'exact' | 'semantic'; readonly ageMs: number; readonly from: string }
    | { readonly kind: 'warning'; readonly message: string }
  );

type WithoutTime<T> = T extends At ? Omit<T, 'atMs'> : never;

/** An event before its time is put on it. */
export type TraceEntry = WithoutTime<TraceEvent>;
