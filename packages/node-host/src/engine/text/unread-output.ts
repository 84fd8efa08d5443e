import { fieldOf, joined } from '@terrace/core/generate';

/** The first output of every graph: a list, which onnxruntime-node computes and cannot hand over. */
export const UNREAD_OUTPUT = 'terrace.unread';

/** What it says of lists, once a run is over and all outputs have been written. */
const NOT_READ = 'Non tensor type is temporarily not supported.';

/** `TensorProto.DataType` of ids. */
const INT64 = 7;

/**
 * The output and its node as they are put before a graph: messages behind one another are one with the fields of all.
 * onnxruntime-node copies all that a run gives into new memory, also what was written into the memory that it was handed
 * for it: a tenth of a token's time in short chats, half of it for eight long ones side by side, and megabytes of garbage
 * a token. It copies in order, so that a first output that it refuses ends the call when everything is written and
 * nothing is copied.
 * @see https://protobuf.dev/programming-guides/encoding/#last-one-wins
 */
const UNREAD_FIELDS = unreadFields();

/** Bytes that are best left free before a graph. */
export const UNREAD_BYTES = UNREAD_FIELDS.length;

/** @param graph with `UNREAD_BYTES` before it in its memory, which are written; any other is copied */
export function withUnreadOutput(graph: Uint8Array): Uint8Array {
  if (graph.byteOffset !== UNREAD_BYTES) return joined([UNREAD_FIELDS, graph]);
  const whole = new Uint8Array(graph.buffer, 0, UNREAD_BYTES + graph.length);
  whole.set(UNREAD_FIELDS);
  return whole;
}

/** For runs that fetch `UNREAD_OUTPUT`: their end is no failure. */
export function unlessUnread(cause: unknown): void {
  if (!(cause instanceof Error) || cause.message !== NOT_READ) throw cause;
}

function unreadFields(): Uint8Array {
  const tensor = fieldOf(1, fieldOf(1, INT64));
  const list = fieldOf(4, fieldOf(1, tensor));
  const output = [...fieldOf(1, UNREAD_OUTPUT), ...fieldOf(2, list)];
  const node = [
    ...fieldOf(1, 'input_ids'),
    ...fieldOf(2, UNREAD_OUTPUT),
    ...fieldOf(3, UNREAD_OUTPUT),
    ...fieldOf(4, 'SequenceConstruct'),
  ];
  return joined(fieldOf(7, [...fieldOf(1, node), ...fieldOf(12, output)]));
}
