import { goldenTextSchema, type GoldenText } from '../../catalog/golden-text.js';
import { parseFile } from '../../catalog/parse.js';
import type { FileRef } from '../../catalog/fields.js';
import { ProviderWrongError } from '../../errors/provider-wrong-error.js';
import type { TextSession } from '../../ports/text-engine.js';
import { compareGoldenText, soundLogits } from '../../tasks/text-generation/golden-compare.js';
import type { LocalTextRung } from './text-model.js';

/** Unlike enough that no model goes on alike after all of them. */
const TEXTS = ['The capital of France is', '1, 2, 3, 4, 5, 6,', 'def add(a, b):\n    return'];

/**
 * Whether a loaded model expects what it should after a few texts.
 * @param readFile bytes of a file of the catalog, hashed; without it, or where it fails, nothing is compared
 * @throws ProviderWrongError when it does not
 */
export async function examineText(
  session: TextSession,
  { tier, estimate }: LocalTextRung,
  readFile: ((file: FileRef) => Promise<Uint8Array>) | undefined,
): Promise<void> {
  // A delta is there to change what the model's publisher computed.
  const golden = tier.delta?.adapter ? undefined : await goldenOf(tier.model.golden, readFile);
  const logits: Float32Array[] = [];
  for (const text of golden?.texts ?? TEXTS) logits.push(await session.logits(text));
  const fault = golden ? compareGoldenText(golden.top, logits) : soundLogits(logits);
  if (fault === undefined) return;
  throw new ProviderWrongError({
    message: `${tier.id} ${tier.variant.dtype} answers wrongly with ${estimate.provider}: ${fault}.`,
    hint: 'It is not used with this provider until the next start.',
    facts: { model: tier.id, variant: tier.variant.dtype, provider: estimate.provider },
  });
}

/** A lost file takes no answer away. */
async function goldenOf(
  file: FileRef | undefined,
  readFile: ((file: FileRef) => Promise<Uint8Array>) | undefined,
): Promise<GoldenText | undefined> {
  if (!file || !readFile) return undefined;
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(await readFile(file)));
    return parseFile(goldenTextSchema, json, 'golden.json').value;
  } catch {
    return undefined;
  }
}
