import { type Catalog, type Delta, type Model } from '@terrace/core';
import { labelsOfChoice } from '../openai/model-list.js';
import type { ModelChoice } from '../model-name.js';
import { TEXT_INPUT } from './infer-request.js';

export type OutputName = 'embedding' | 'logits' | 'label' | 'confidence';

/** Digits of a content id that tell versions of a model apart. */
const VERSION_DIGITS = 12;
/** The version of everything that has no other name. */
const CURRENT = '1';

/** A model as the protocol knows it: one task under one name. */
export interface OipModel {
  readonly choice: ModelChoice;
  readonly task: 'text-classification' | 'feature-extraction';
  /** Undefined for a ladder. */
  readonly model: Model | undefined;
  /** With which the model answers in the domain. */
  readonly delta: Delta | undefined;
  /** In the order of the scores; empty for embeddings. */
  readonly labels: readonly string[];
  readonly outputs: readonly OutputName[];
}

/** Undefined for what is no model of this device: endpoints, and the ladder without a domain. */
export function oipModel(choice: ModelChoice, catalog: Catalog): OipModel | undefined {
  const { policy, domain, tasks } = choice;
  const model = catalog.models.find(({ id }) => id === policy);
  const isLadder = policy === 'cascade' && domain !== undefined;
  if (!model && !isLadder) return undefined;
  const delta = catalog.deltas.find((each) => each.domain === domain && each.base.id === policy);
  const base = { choice, model, delta };
  if (tasks.includes('text-classification')) {
    const labels = labelsOfChoice(choice, catalog);
    return { ...base, task: 'text-classification', labels, outputs: ['logits', 'label', 'confidence'] };
  }
  return { ...base, task: 'feature-extraction', labels: [], outputs: ['embedding'] };
}

/** `1` for what is served, and the beginning of the content ids of its variants. */
export const versionsOf = ({ model }: Pick<OipModel, 'model'>): string[] => [
  CURRENT,
  ...(model?.variants.map(({ weights }) => weights.sha256.slice(0, VERSION_DIGITS)) ?? []),
];

/**
 * The weights that a version stands for; undefined for the version that is whatever is served.
 * @returns null when there is no such version
 */
export function weightsOfVersion({ model }: Pick<OipModel, 'model'>, version: string): string | undefined | null {
  if (version === CURRENT) return undefined;
  const found = model?.variants.find(({ weights }) => weights.sha256.slice(0, VERSION_DIGITS) === version);
  return found?.weights.sha256 ?? null;
}

/** `GET /v2/models/{m}`. @param variant sha256 of the weights it runs on; undefined for a ladder */
export function describeModel(oip: OipModel, variant: string | undefined): object {
  const { choice, model, delta, labels, outputs } = oip;
  const width = (output: OutputName): number[] => {
    switch (output) {
      case 'embedding':
        return [-1, model?.hidden ?? -1];
      case 'logits':
        return [-1, labels.length];
      case 'label':
      case 'confidence':
        return [-1];
      default:
        return output satisfies never;
    }
  };
  return {
    name: choice.name,
    versions: versionsOf(oip),
    platform: model ? 'onnxruntime_onnx' : 'terrace',
    inputs: [{ name: TEXT_INPUT, datatype: 'BYTES', shape: [-1] }],
    outputs: outputs.map((name) => ({ name, datatype: name === 'label' ? 'BYTES' : 'FP32', shape: width(name) })),
    parameters: {
      ...(labels.length > 0 && { labels }),
      ...(model && { terrace_model: model.id }),
      ...(variant !== undefined && { terrace_variant: variant }),
      ...(delta && { terrace_delta: delta.contentId }),
      ...(choice.domain !== undefined && { terrace_domain: choice.domain }),
    },
  };
}
