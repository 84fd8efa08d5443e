import type { ErrorEnvelope } from '@terrace/core/engine';
import type { AnswerMessage, CallMessage } from '../calls/messages.js';
import type { VisitFacts } from '../sentinel/page-visit.js';
import type { News, RuntimeSettings } from '../worker/protocol.js';

/** What a page sends to its own worker. */
export type ToWorker =
  | {
      readonly kind: 'open';
      readonly settings: RuntimeSettings;
      readonly visit: VisitFacts;
      /** Of the tabs that share this runtime; undefined where a page has it for itself. */
      readonly group: string | undefined;
    }
  | Ping
  | CallMessage
  | AnswerMessage;

/** What a worker sends to its own page. */
export type FromWorker =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly error: ErrorEnvelope }
  | Alive
  | Told
  | CallMessage
  | AnswerMessage;

/** What tabs of a group and the worker of their leader tell all of them. */
export type ToAll =
  /** A tab has come, or hears nothing any more. */
  | { readonly kind: 'who-leads' }
  /** There is a leader, and its worker is starting. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'leads'; readonly term: string }
  /** Another one follows soon. */
  | { readonly kind: 'leaves'; readonly term: string }
  | Told;

/** What a tab sends to the worker of its leader. */
export type ToLeader = Ping | CallMessage;

/** What comes back. */
export type FromLeader = Alive | AnswerMessage;

interface Ping {
  readonly kind: 'ping';
  readonly from: string;
}
interface Alive {
  readonly kind: 'alive';
}
interface Told {
  readonly kind: 'news';
  readonly news: News;
}

/** Where everybody of a group listens. */
export const commonChannel = (group: string): string => `${group} all`;
/** Where the worker of one leader listens, or one tab. */
export const ownChannel = (group: string, name: string): string => `${group} ${name}`;
