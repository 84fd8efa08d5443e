import type { ToolCall } from '../../tasks/text-generation/messages.js';

const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';
/** Models that call by an answer that is nothing but the call. */
const WHOLE_ANSWER = /^llama/i;
const MAX_CALLS = 64;
/** Longest call, in characters. */
const MAX_CALL = 65_536;

export interface ReadCalls {
  /** What stands beside the calls. */
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
}

/**
 * Reads the calls of tools out of an answer as models of its family write them: Hermes, Qwen and SmolLM2 between
 * `<tool_call>` and `</tool_call>`, Llama as the whole answer. What is no call of one of these tools stays text. Pure.
 */
export function readToolCalls(
  text: string,
  family: string,
  newId: () => string,
  names: ReadonlySet<string>,
): ReadCalls {
  const callOf = (json: string): ToolCall | undefined => parseCall(json, newId, names);
  return WHOLE_ANSWER.test(family) ? readWhole(text, callOf) : readMarked(text, callOf);
}

/** Where a call may begin in an answer of such a model: from there on nothing is certain to be text. */
export const callMarkOf = (family: string): string => (WHOLE_ANSWER.test(family) ? '{' : OPEN);

type CallOf = (json: string) => ToolCall | undefined;

function readWhole(text: string, callOf: CallOf): ReadCalls {
  const call = callOf(text.replace(/^\s*<\|python_tag\|>/, ''));
  return call ? { text: '', toolCalls: [call] } : { text, toolCalls: [] };
}

function readMarked(text: string, callOf: CallOf): ReadCalls {
  const toolCalls: ToolCall[] = [];
  let beside = '';
  let from = 0;
  while (toolCalls.length < MAX_CALLS) {
    const at = text.indexOf(OPEN, from);
    if (at === -1) break;
    const start = at + OPEN.length;
    const closed = text.indexOf(CLOSE, start);
    // Some end their turn instead of closing the last call.
    const end = closed === -1 ? text.length : closed;
    const call = callOf(text.slice(start, end));
    const next = call && closed !== -1 ? end + CLOSE.length : call ? end : start;
    beside += text.slice(from, call ? at : next);
    if (call) toolCalls.push(call);
    from = next;
  }
  if (toolCalls.length === 0) return { text, toolCalls };
  return { text: (beside + text.slice(from)).trimEnd(), toolCalls };
}

function parseCall(json: string, newId: () => string, names: ReadonlySet<string>): ToolCall | undefined {
  if (json.length > MAX_CALL) return undefined;
  try {
    const call: unknown = JSON.parse(json);
    if (!isObject(call)) return undefined;
    const { name, arguments: given = call['parameters'] ?? {} } = call;
    if (typeof name !== 'string' || !names.has(name)) return undefined;
    // Some write the arguments as a string of JSON.
    const value: unknown = typeof given === 'string' ? JSON.parse(given) : given;
    return isObject(value) ? { id: newId(), name, arguments: JSON.stringify(value) } : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
