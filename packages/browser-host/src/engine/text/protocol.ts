import type { ErrorEnvelope } from '@terrace/core/engine';
import type { TextEvent, TextJob, TextModel, TextThreadReport } from '@terrace/core/generate';
import type { AnswerMessage, Method } from '../../calls/messages.js';
import type { EngineSettings } from '../protocol.js';

type Chat = Pick<TextJob, 'messages' | 'tools' | 'prefix' | 'chatTemplate'>;

/** What the engine asks of its text workers, and waits for. */
export interface TextEngineCalls {
  /** Comes first: loads ONNX Runtime and starts the provider. @throws EngineError when they are not there */
  readonly start: Method<[EngineSettings], void>;
  readonly load: Method<[TextModel], TextThreadReport>;
  readonly countTokens: Method<[Chat], number>;
  readonly logits: Method<[text: string], Float32Array>;
}

/** What it tells them. Nothing comes back but what happens to the job. */
export type ToTextWorker =
  | { readonly kind: 'begin'; readonly jobId: number; readonly job: TextJob; readonly creditTokens: number }
  | { readonly kind: 'more'; readonly jobId: number; readonly tokens: number }
  | { readonly kind: 'cancel'; readonly jobId: number };

/** What a text worker sends. */
export type FromTextWorker =
  | AnswerMessage
  /** Of one turn of the loop. */
  | { readonly kind: 'events'; readonly events: readonly TextEvent[] }
  /** Its WebAssembly memory has grown, and never shrinks. */
  | { readonly kind: 'heap'; readonly heapBytes: number }
  /** Nothing will run in it any more. */
  | { readonly kind: 'lost'; readonly error: ErrorEnvelope };
