import { canonicalJson } from '../catalog/canonical-json.js';
import { contentId } from '../catalog/content-id.js';
import type { StartHash } from '../ports/running-hash.js';
import type { Asked } from './canonical/asked.js';
import type { GivenAnswer } from './given-answer.js';

/** What two answers have in common that are the same: a label, or a hash of a text. Undefined for vectors. */
export function answerIdOf(asked: Asked, { output }: GivenAnswer, startHash: StartHash): string | undefined {
  switch (output.kind) {
    case 'classification':
      return output.label;
    case 'embedding':
      return undefined;
    case 'text': {
      const text = (output.choices[0]?.text ?? '').trim();
      const format = asked.kind === 'text' ? asked.request.generation.format.kind : 'text';
      if (format === 'enum') return text;
      return contentId(format === 'text' ? text : sameJson(text), startHash);
    }
    default:
      return output satisfies never;
  }
}

/** Two ways of writing one value are one answer. */
function sameJson(text: string): string {
  try {
    return canonicalJson(JSON.parse(text));
  } catch {
    return text;
  }
}
