import type { ChatMessage, Tool } from '../../tasks/text-generation/messages.js';
import type { Generation } from '../../tasks/text-generation/generation.js';
import type { TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';
import type { CallCost } from '../link.js';

/** A chat for an endpoint, as the user wrote it: what must not leave is replaced on the way, and put back in the answer. */
export interface RemoteChat {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  /** What the assistant has said already, to be gone on with. */
  readonly prefix: string;
  readonly generation: Generation;
  /** What the endpoint is to be asked for: its own model, or an adapter by name. */
  readonly model: string;
  readonly requestId: string;
  readonly key: string | undefined;
  /** Told of what is sent when it is sent, and of the difference to what it really took. */
  readonly onCall: (cost: CallCost) => void;
  readonly onRedacted: (counts: Readonly<Record<string, number>>) => void;
}

/** Generates by one endpoint: its protocol, its breaker, its price. Pieces are without what the endpoint repeated of the prefix. */
export interface RemoteText {
  /** @throws (from the generator) what `Remotes.run` throws; leaving it ends the exchange */
  stream(chat: RemoteChat, signal: AbortSignal | undefined): AsyncGenerator<readonly TextPiece[], TextEnd>;
}
