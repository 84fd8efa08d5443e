import type { TextTierCalibration } from '../catalog/text-calibration.js';
import type { RatedTextTier, TextEstimate } from '../text/plan/text-plan.js';
import type { LocalTextTier, RemoteTextTier } from '../text/text-tier.js';
import { exampleModel, fakeFile, fakeSha } from './example-catalog.js';
import { exampleEndpoint } from './example-endpoint.js';

/** A language model of two layers that no disk holds. */
export function exampleTextModel(id: string): LocalTextTier['model'] {
  return {
    ...exampleModel({
      id,
      task: 'text-generation',
      interface: 'transformers',
      layers: 2,
      features: 64,
      contextTokens: 1024,
      variants: [{ dtype: 'q4', providers: ['cpu'], weights: fakeFile(`${id}/model_q4.onnx`, 2 ** 20) }],
    }),
    text: { family: id, kvHeads: 1, headDim: 8, kvBytesPerElement: 4, endTokens: [0], maxRows: 8 },
  };
}

export function exampleTextTier(id: string): LocalTextTier {
  const model = exampleTextModel(id);
  const variant = model.variants[0]!;
  return { kind: 'local', id, placement: 'device', model, variant, delta: undefined, template: undefined };
}

export function exampleRemoteTextTier(id: string): RemoteTextTier {
  const endpoint = exampleEndpoint({ id, protocol: 'openai', model: 'large', tasks: ['text-generation'] });
  return { kind: 'remote', id, placement: 'site', endpoint, delta: undefined, template: undefined };
}

/** A rung whose first token is expected after 50 ms and the others 20 ms apart. */
export function exampleTextRung(
  tier: RatedTextTier['tier'],
  changes: Partial<TextEstimate> = {},
  calibration?: TextTierCalibration,
): RatedTextTier {
  const estimate: TextEstimate = {
    provider: 'cpu',
    memoryBytes: 2 ** 20,
    kvBytes: 2 ** 16,
    contextTokens: 1024,
    firstTokenMs: 50,
    tokensPerSecond: 50,
    loadMs: 0,
    costUsd: 0,
    basis: 'predicted',
    ...changes,
  };
  return { tier, estimate, calibration };
}

/** P(right) is one half where tokens have a mean log-probability of -1, more above and less below it. */
export function exampleTextCalibration(tier: string, changes: Partial<TextTierCalibration> = {}): TextTierCalibration {
  const model = { features: ['logProbMean' as const], intercept: 0, weights: [4], means: [-1], spreads: [1] };
  return {
    tier,
    variant: fakeSha(`${tier}/model_q4.onnx`),
    whole: model,
    early: model,
    firstTokens: 4,
    accuracy: 0.7,
    rows: { whole: [-1], early: [-1], right: [0] },
    ...changes,
  };
}
