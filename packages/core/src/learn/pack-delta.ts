import { contentId } from '../catalog/content-id.js';
import type { DeltaFacts } from '../catalog/delta-facts.js';
import type { DeltaManifest } from '../catalog/manifest.js';
import type { Model } from '../catalog/schema.js';
import type { FittedFactors } from '../delta/fit/fitter.js';
import type { Head } from '../delta/fit/head.js';
import { encodeSafetensors } from '../delta/format/encode-safetensors.js';
import type { PackedDelta } from '../ports/revision-store.js';
import type { StartHash } from '../ports/running-hash.js';

export type StoredDtype = 'int8' | 'fp16';

/** Factors as files, with what `delta.json` says of them. */
export interface PackedFactors {
  readonly rank: number;
  readonly scale?: number | undefined;
  /** `adapter_model.safetensors`, and `adapter_config.json` for PEFT. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

const FORMAT: Readonly<Record<StoredDtype, 'int8' | 'F16'>> = { int8: 'int8', fp16: 'F16' };

/** `head.safetensors` */
export function encodeHead({ labels, weight, bias }: Head, dtype: StoredDtype): Uint8Array<ArrayBuffer> {
  const tensors = new Map([
    ['head.weight', { shape: [labels.length, weight.length / labels.length], data: weight }],
    ['head.bias', { shape: [labels.length], data: bias }],
  ]);
  return encodeSafetensors(tensors, { dtype: FORMAT[dtype] });
}

/** In PEFT's layout. */
export function encodeFactors(
  { rank, factors }: Pick<FittedFactors, 'rank' | 'factors'>,
  { dtype, model }: { readonly dtype: StoredDtype; readonly model: Model },
): PackedFactors {
  const layers = new Set([...factors.keys()].map((name) => Number(/layer\.(\d+)\./.exec(name)?.[1])));
  const config = {
    peft_type: 'LORA',
    task_type: 'FEATURE_EXTRACTION',
    base_model_name_or_path: model.upstream ?? model.id,
    r: rank,
    lora_alpha: rank,
    lora_dropout: 0,
    bias: 'none',
    inference_mode: true,
    fan_in_fan_out: false,
    target_modules: ['query', 'key', 'value', 'attention.output.dense'],
    layers_to_transform: [...layers].toSorted((a, b) => a - b),
    layers_pattern: 'layer',
  };
  const files = new Map([
    ['adapter_model.safetensors', encodeSafetensors(factors, { dtype: FORMAT[dtype] })],
    ['adapter_config.json', jsonFile(config)],
  ]);
  return { rank, files };
}

/** A delta as the files it consists of: the same content gives the same bytes. */
export function packDelta({
  id,
  domain,
  model,
  labels,
  outOfScopeLabel,
  subDomains,
  head,
  factors,
  facts,
  startHash,
}: {
  readonly id: string;
  readonly domain: string;
  readonly model: Model;
  readonly labels: readonly string[];
  readonly outOfScopeLabel: string | null;
  readonly subDomains: Readonly<Record<string, readonly string[]>>;
  /** As a file. */
  readonly head: Uint8Array<ArrayBuffer>;
  readonly factors: PackedFactors | undefined;
  readonly facts: DeltaFacts;
  readonly startHash: StartHash;
}): PackedDelta {
  const { scale } = factors ?? {};
  const manifest: DeltaManifest = {
    format: 2,
    id,
    domain,
    base: {
      id: model.id,
      files: Object.fromEntries(model.variants.map(({ dtype, weights }) => [dtype, weights.sha256])),
    },
    rank: factors?.rank ?? 0,
    ...(scale !== undefined && { scale }),
    labels: [...labels],
    outOfScopeLabel,
    subdomains: Object.fromEntries(Object.entries(subDomains).map(([name, under]) => [name, [...under]])),
    facts,
  };
  const files = new Map([['delta.json', jsonFile(manifest)], ['head.safetensors', head], ...(factors?.files ?? [])]);
  const hashes = [...files.values()].map((bytes) => {
    const hash = startHash();
    hash.update(bytes);
    return hash.digest();
  });
  return { manifest, contentId: contentId(hashes.toSorted(), startHash), files };
}

const jsonFile = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`);
