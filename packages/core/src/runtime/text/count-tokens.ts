import { tokensOfBytes } from '../../catalog/question-tokens.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import { TerraceError } from '../../errors/terrace-error.js';
import type { TokenCount } from '../../prompt/economy-facts.js';
import type { LocalTextRung } from '../../text/local/text-model.js';
import type { TextSessions } from '../../text/local/text-sessions.js';
import type { RatedTextTier, TextPlan } from '../../text/plan/text-plan.js';
import type { TextRequest } from '../../text/request/text-request-schema.js';
import { applyTemplate } from '../../text/templates/apply-template.js';
import type { TextTier } from '../../text/text-tier.js';

/** What a template puts around a message, where nobody can tell. */
const FRAME_TOKENS = 4;
/** What has more bytes for each token that a model can read at most is read by no run, and encoding it alone takes seconds. */
const MOST_BYTES_PER_TOKEN = 16;

export interface CountingPorts {
  readonly plan: (request: TextRequest) => Promise<TextPlan>;
  readonly sessions: Pick<TextSessions, 'count' | 'source'>;
}

/**
 * Tokens of a chat as the first tier reads it that can tell. One that breaks is gone around, as a request would go. A chat
 * that is far too long for its tier is not counted but guessed.
 * @throws InvalidRequestError, NoTierFitsError, the signal's reason
 */
export async function countTokens(
  request: TextRequest,
  { plan, sessions }: CountingPorts,
  signal: AbortSignal | undefined,
): Promise<TokenCount> {
  const { ladder } = await plan(request);
  const { messages, tools } = request;
  const local = ladder.filter(isLocal);
  const rungs = local.length > 0 ? local : await servedHere(request, ladder, plan);
  for (const rung of rungs) {
    if (sessions.source(rung).closed() !== undefined) continue;
    if (request.textBytes > MOST_BYTES_PER_TOKEN * rung.tier.model.contextTokens) break;
    const { template } = ladder.find(({ tier }) => isOf(tier, rung))?.tier ?? rung.tier;
    try {
      const chat = { tools, prefix: '', chatTemplate: template?.chatTemplate };
      const tokens = await sessions.count(rung, { ...chat, messages: applyTemplate(messages, template) }, signal);
      return { tokens, estimated: false };
    } catch (error) {
      if (signal?.aborted || !TerraceError.isInstance(error) || InvalidRequestError.isInstance(error)) throw error;
    }
  }
  return guess(request, ladder[0]?.tier);
}

/** Of the first endpoint: the model of the catalog that it serves, where this device has it and room for it. */
async function servedHere(
  request: TextRequest,
  ladder: readonly RatedTextTier[],
  plan: CountingPorts['plan'],
): Promise<readonly LocalTextRung[]> {
  const tier = ladder[0]?.tier;
  const serves = tier?.kind === 'remote' ? tier.endpoint.serves : undefined;
  if (!serves) return [];
  try {
    const served = await plan({ ...request, policy: serves.model });
    return served.ladder.filter(isLocal);
  } catch (error) {
    // No such tier, or none that fits.
    if (NoTierFitsError.isInstance(error) || InvalidRequestError.isInstance(error)) return [];
    throw error;
  }
}

function guess({ messages, tools, textBytes }: TextRequest, tier: TextTier | undefined): TokenCount {
  const { system = '' } = tier?.template ?? {};
  const beside = `${system}${tools.length > 0 ? JSON.stringify(tools) : ''}`;
  const bytes = textBytes + new TextEncoder().encode(beside).length;
  return { tokens: tokensOfBytes(bytes) + FRAME_TOKENS * messages.length, estimated: true };
}

const isLocal = (rung: RatedTextTier): rung is LocalTextRung => rung.tier.kind === 'local';
/** An endpoint's own template is what its chats are asked with. */
const isOf = (tier: TextTier, rung: LocalTextRung): boolean =>
  tier.id === rung.tier.id || (tier.kind === 'remote' && tier.endpoint.serves?.model === rung.tier.id);
