import type { Asked } from '../../cache/canonical/asked.js';
import { economySchema } from '../../prompt/economy.js';
import { parseRequest } from '../../request/parse-request.js';
import { parseTextRequest } from '../../text/request/parse-text-request.js';

/** Undefined for what whoever answers it refuses: that is where it is said what is wrong with it. */
export function readAsked(input: unknown): Asked | undefined {
  try {
    if (!isText(input)) return { kind: 'labels', request: parseRequest(input) };
    const { economy, ...rest } = input;
    return {
      kind: 'text',
      request: parseTextRequest(rest),
      economy: economy === undefined ? undefined : economySchema.parse(economy),
    };
  } catch {
    return undefined;
  }
}

const isText = (input: unknown): input is { readonly economy?: unknown } =>
  typeof input === 'object' && input !== null && (input as { task?: unknown }).task === 'text-generation';
