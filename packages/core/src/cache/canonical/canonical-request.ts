import { contentId } from '../../catalog/content-id.js';
import type { StartHash } from '../../ports/running-hash.js';
import { GUARD_VERSION } from '../guard/guard-version.js';
import type { Asked } from './asked.js';

/** What a key is made of; another version knows none of the answers before. */
const FORMAT = 1;

/** What a request goes by at the cache: hashes only, but for the text that others may be alike to. */
export interface CanonicalRequest {
  /** Of everything that decides the answer. */
  readonly key: string;
  /**
   * The same without the text, and the guard that has read it: no question is compared with one of another scope. Hashed
   * when it is asked for first.
   */
  readonly scope: string;
  readonly task: string;
  readonly domain: string | undefined;
  /** The text, or the last turn of the user; undefined where only the same request may find the answer. */
  readonly text: string | undefined;
}

/**
 * @param owner.tenant a hash of whose answers they are
 * @param owner.identity content id of all that may answer
 */
export function canonicalRequest(
  asked: Asked,
  owner: { readonly tenant: string; readonly identity: string },
  startHash: StartHash,
): CanonicalRequest {
  const { task, domain } = asked.request;
  const { whole, rest, text } = split(asked);
  let scope: string | undefined;
  const idOf = (kind: string, request: unknown, guard?: number): string =>
    contentId({ format: FORMAT, kind, guard, ...owner, request }, startHash);
  return {
    key: idOf('key', whole),
    get scope() {
      return (scope ??= idOf('scope', rest(), GUARD_VERSION));
    },
    task,
    domain,
    text,
  };
}

/** What decides no answer is left out, as all that is undefined is: taking it off an object takes longer. */
const OF_NO_ANSWER = { textBytes: undefined, priority: undefined, deadlineMs: undefined, holdMs: undefined };

interface Split {
  readonly whole: unknown;
  readonly rest: () => unknown;
  readonly text: string | undefined;
}

function split(asked: Asked): Split {
  if (asked.kind === 'labels') {
    const { request } = asked;
    const whole = { ...request, ...OF_NO_ANSWER };
    const text = request.task === 'feature-extraction' ? undefined : request.text;
    // What is alike to a text has another vector all the same.
    return { whole, rest: () => ({ ...whole, text: undefined }), text };
  }
  const { messages, tools, generation } = asked.request;
  // Models are told of tools, and held to a schema, in the order in which these are written: fields are not sorted.
  const format = JSON.stringify(generation.format);
  const others = {
    ...asked.request,
    ...OF_NO_ANSWER,
    tools: JSON.stringify(tools),
    generation: { ...generation, format },
    economy: asked.economy,
  };
  const last = messages.findLastIndex(({ role }) => role === 'user');
  return {
    whole: others,
    rest: () => ({
      ...others,
      messages: messages.map((each, i) => (i === last ? { ...each, content: undefined } : each)),
    }),
    text: messages[last]?.content,
  };
}

/**
 * What whoever shares a run has in common beside the answer: how long they wait, and who goes first.
 * @param epoch what was forgotten before they asked: a run from before it is none of theirs
 */
export function flightOf({ request }: Asked, key: string, epoch: number): string {
  const holdMs = 'holdMs' in request ? request.holdMs : undefined;
  return JSON.stringify([key, epoch, request.deadlineMs, request.priority, holdMs]);
}
