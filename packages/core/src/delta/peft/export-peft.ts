import type { DeltaManifest } from '../../catalog/manifest.js';
import { InvalidDataError } from '../../errors/invalid-data-error.js';
import { encodeSafetensors } from '../format/encode-safetensors.js';
import { readSafetensors, type StoredTensor } from '../safetensors.js';
import { factorName, readFactorName } from './factor-name.js';
import { SITES } from '../delta-inputs.js';

type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

const CONFIG = 'adapter_config.json';
const ADAPTER = 'adapter_model.safetensors';

/**
 * A delta's files with factors that PEFT loads: as they are where it can read them, so that what was imported leaves as
 * it came; otherwise, and where a type is asked for, written anew. Head and manifest stay beside them: PEFT ignores them.
 * @throws InvalidDataError where there are no factors; ArtifactCorruptError
 */
export function exportPeft({
  manifest,
  files,
  dtype,
}: {
  readonly manifest: Pick<DeltaManifest, 'id' | 'rank' | 'scale'>;
  /** By name, as they lie beside `delta.json`. */
  readonly files: Files;
  readonly dtype?: 'F32' | 'F16' | undefined;
}): Files {
  const adapter = files.get(ADAPTER);
  if (!adapter) throw headAlone(manifest.id);
  const tensors = readSafetensors(adapter);
  if (dtype === undefined && files.has(CONFIG) && !hasInt8(adapter)) return files;
  const written = encodeSafetensors(new Map([...tensors].map(asPeftNames)), {
    dtype: dtype ?? 'F32',
    metadata: { format: 'pt' },
  });
  return new Map([...files, [CONFIG, configOf(manifest, tensors)], [ADAPTER, written]]);
}

/** Names without a prefix of their own get PEFT's. */
function asPeftNames([name, tensor]: [string, StoredTensor]): [string, StoredTensor] {
  const read = name.startsWith('base_model.model.') ? undefined : readFactorName(name);
  return [read ? factorName(read.layer, read.site, read.side) : name, tensor];
}

/** Whether the file, which has been read, holds 8-bit tensors. */
function hasInt8(file: Uint8Array): boolean {
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header: unknown = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)));
  return Object.values(header as Record<string, { readonly dtype?: string }>).some((entry) => entry.dtype === 'I8');
}

/** Every field that PEFT 0.21 writes, in its order. */
function configOf(
  { rank, scale = 1 }: Pick<DeltaManifest, 'rank' | 'scale'>,
  tensors: ReadonlyMap<string, StoredTensor>,
): Uint8Array<ArrayBuffer> {
  const read = [...tensors].flatMap(([name, { shape }]) => {
    const factor = readFactorName(name);
    return factor ? [{ ...factor, own: shape[factor.side === 'A' ? 0 : 1]! }] : [];
  });
  const layers = [...new Set(read.map(({ layer }) => layer))].toSorted((a, b) => a - b);
  // A factor of a lower rank needs an alpha of its own to have the same scale.
  const lower = read.filter(({ side, own }) => side === 'A' && own !== rank);
  const byModule = (value: (own: number) => number): Record<string, number> =>
    Object.fromEntries(lower.map(({ layer, site, own }) => [`encoder.layer.${layer}.${SITES[site]!}`, value(own)]));
  const config = {
    alora_invocation_tokens: null,
    alpha_pattern: byModule((own) => own * scale),
    arrow_config: null,
    auto_mapping: null,
    base_model_name_or_path: null,
    bias: 'none',
    corda_config: null,
    ensure_weight_tying: false,
    eva_config: null,
    exclude_modules: null,
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    kasa_config: null,
    layer_replication: null,
    layers_pattern: 'layer',
    layers_to_transform: layers,
    loftq_config: {},
    lora_alpha: rank * scale,
    lora_bias: false,
    lora_dropout: 0,
    lora_ga_config: null,
    megatron_config: null,
    megatron_core: 'megatron.core',
    modules_to_save: null,
    monteclora_config: null,
    peft_type: 'LORA',
    peft_version: '0.21.2',
    qalora_group_size: 16,
    r: rank,
    rank_pattern: byModule((own) => own),
    revision: null,
    target_modules: [...new Set(read.map(({ site }) => SITES[site]!.replace('attention.self.', '')))],
    target_parameters: null,
    task_type: 'FEATURE_EXTRACTION',
    trainable_token_indices: null,
    use_bdlora: null,
    use_dora: false,
    use_qalora: false,
    use_rslora: false,
    velora_config: null,
  };
  return new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`);
}

const headAlone = (id: string): InvalidDataError =>
  new InvalidDataError({
    message: `The delta "${id}" is a head alone: it has no factors that PEFT could load.`,
    hint: 'Export it in the format of Terrace: `terrace delta export ID --format terrace --out FOLDER`.',
  });
