import type { ErrorEnvelope } from '@terrace/core/engine';

/** What a caller sends. Ids are its own and used once. */
export type CallMessage =
  | {
      readonly kind: 'call';
      readonly from: string;
      readonly id: number;
      readonly name: string;
      readonly args: readonly unknown[];
      /** Whether the caller wants to be told of events on the way. */
      readonly hears: boolean;
      /** Whether the caller may end it: to listen for that costs a short call as much as to make it. */
      readonly mayAbort: boolean;
    }
  | { readonly kind: 'abort'; readonly from: string; readonly id: number; readonly reason: ErrorEnvelope };

/** What comes back. */
export type AnswerMessage =
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  | { readonly kind: 'returned'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'threw'; readonly id: number; readonly error: ErrorEnvelope };

/** How a method may look at the call that it answers. */
interface CallContext<Event = unknown> {
  /** Undefined where the caller cannot end the call. */
  readonly signal: AbortSignal | undefined;
  /** Undefined where the caller does not listen. */
  readonly tell: ((event: Event) => void) | undefined;
}

/** A method that another thread may call: data in, data out, events on the way. */
export type Method<Args extends readonly unknown[], Value, Event = never> = (
  args: Args,
  call: CallContext<Event>,
) => Promise<Value>;

// oxlint-disable-next-line typescript/no-explicit-any -- each method has arguments and events of its own
type AnyMethod = Method<any, unknown, any>;
/** Methods by name. */
export type Service<S> = { readonly [N in keyof S]: AnyMethod };

export type ArgsOf<M> = M extends (args: infer Args, call: never) => unknown ? Args : never;
export type ValueOf<M> = M extends (...args: never) => Promise<infer Value> ? Value : never;
export type EventOf<M> = M extends (args: never, call: CallContext<infer Event>) => unknown ? Event : never;
