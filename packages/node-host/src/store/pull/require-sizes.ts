import { InvalidRequestError } from '@terrace/core';
import { LIMITS } from '../add/source-folder.js';
import { LICENCE_FILES } from '../add/stage-model.js';
import type { PullPlan } from './pull-plan.js';

/** Most that is installed of a file, in bytes, by its name; everything else is weights. */
const LIMIT_OF: Readonly<Record<string, number>> = {
  'model.json': LIMITS.manifest,
  'delta.json': LIMITS.manifest,
  'config.json': LIMITS.manifest,
  'generation_config.json': LIMITS.manifest,
  'adapter_config.json': LIMITS.manifest,
  'calibration.json': LIMITS.manifest,
  'golden.json': LIMITS.manifest,
  'golden-text.json': LIMITS.manifest,
  'tokenizer_config.json': LIMITS.manifest,
  'tokenizer.json': LIMITS.tokenizer,
  'head.safetensors': LIMITS.tensors,
  'adapter_model.safetensors': LIMITS.tensors,
  'README.md': LIMITS.text,
  'delta.sig.json': LIMITS.text,
  ...Object.fromEntries(LICENCE_FILES.map((name) => [name, LIMITS.text])),
};

/** Before anything large is fetched: what could not be installed is not asked for. @throws InvalidRequestError */
export function requireSizes(plan: PullPlan): PullPlan {
  for (const { id, files } of plan.items) {
    for (const [name, { bytes }] of files) {
      const maxBytes = LIMIT_OF[name] ?? LIMITS.weights;
      if (bytes > maxBytes) throw tooLarge(id, name, { bytes, maxBytes });
    }
  }
  return plan;
}

const tooLarge = (id: string, file: string, { bytes, maxBytes }: { bytes: number; maxBytes: number }) =>
  new InvalidRequestError({
    message: `${id} cannot be pulled: ${file} has ${bytes} bytes, at most ${maxBytes} are read.`,
    hint: 'Tell its publisher.',
    facts: { id, file, bytes, maxBytes },
  });
