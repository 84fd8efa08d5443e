import { ArtifactCorruptError } from '../../errors/artifact-corrupt-error.js';
import { notTaken } from './not-taken.js';

/** What the product of a module's factors is multiplied with. */
export interface PeftConfig {
  /** @param module by its full name. @param rank of its own factors */
  scaleOf(module: string, rank: number): number;
}

type Fields = Readonly<Record<string, unknown>>;

/** They add to a model what no product of two factors is. */
const NULL_ONLY = [
  'alora_invocation_tokens',
  'arrow_config',
  'kasa_config',
  'layer_replication',
  'modules_to_save',
  'monteclora_config',
  'target_parameters',
  'trainable_token_indices',
];
/** They change the weights of the base before training: the adapter is right with those alone. */
const CHANGES_BASE = /^(pissa|olora|corda|loftq|lora_ga)/;

/**
 * Reads `adapter_config.json`. Which modules are adapted is told by the tensors, not by `target_modules`.
 * @throws ArtifactCorruptError where it is no such file, DeltaMismatchError by the name of what is not plain LoRA
 * @see https://huggingface.co/docs/peft (LoraConfig, peft 0.21)
 */
export function readPeftConfig(config: unknown): PeftConfig {
  if (!isFields(config)) throw corrupt('it holds no object');
  for (const [name, value] of Object.entries(config)) {
    const why = whyNot(name, value);
    if (why !== undefined) throw notTaken(why);
  }
  const alpha = positive(config, 'lora_alpha', 8);
  const alphas = Object.entries(isFields(config['alpha_pattern']) ? config['alpha_pattern'] : {});
  for (const [pattern, value] of alphas) {
    if (!/^[\w.]+$/.test(pattern)) throw notTaken(`the pattern "${pattern.slice(0, 80)}" of \`alpha_pattern\``);
    if (!isPositive(value)) throw corrupt('`alpha_pattern` holds something else than positive numbers');
  }
  const isRootOfRank = config['use_rslora'] === true;
  return {
    scaleOf(module, rank) {
      const own = alphas.find(([pattern]) => module === pattern || module.endsWith(`.${pattern}`));
      return (own ? (own[1] as number) : alpha) / (isRootOfRank ? Math.sqrt(rank) : rank);
    },
  };
}

/** What of a field is more than plain LoRA; undefined where it is not. */
function whyNot(name: string, value: unknown): string | undefined {
  if (name === 'peft_type') return value === 'LORA' ? undefined : `\`peft_type\` ${String(value).slice(0, 40)}`;
  if (name === 'bias') return value === 'none' ? undefined : '`bias`';
  if (name === 'init_lora_weights' && typeof value === 'string' && CHANGES_BASE.test(value))
    return `\`init_lora_weights\` ${value.slice(0, 40)}`;
  const isOn = NULL_ONLY.includes(name)
    ? value !== null && !(Array.isArray(value) && value.length === 0)
    : value === true && (/^use_(?!rslora$)/.test(name) || name === 'lora_bias' || name === 'fan_in_fan_out');
  return isOn ? `\`${name}\`` : undefined;
}

function positive(config: Fields, name: string, otherwise: number): number {
  const value = config[name] ?? otherwise;
  if (!isPositive(value)) throw corrupt(`\`${name}\` is no positive number`);
  return value;
}

const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const corrupt = (why: string): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `adapter_config.json cannot be read: ${why}.`,
    hint: 'Take the file that PEFT wrote beside adapter_model.safetensors (`model.save_pretrained`).',
  });
