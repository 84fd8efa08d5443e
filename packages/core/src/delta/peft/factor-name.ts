import { SITES } from '../delta-inputs.js';

/** Whose factor a tensor is. */
export interface FactorName {
  /** The name without `.lora_A.weight`. */
  readonly module: string;
  readonly layer: number;
  /** Index into the four sites of a layer. */
  readonly site: number;
  readonly side: 'A' | 'B';
}

const LONGEST = 512;

/** Reads a tensor's name as PEFT writes it; undefined for what is no factor of a site. */
export function readFactorName(name: string): FactorName | undefined {
  if (name.length > LONGEST) return undefined;
  const [, module, layer, path, side] =
    /^((?:.+\.)?encoder\.layer\.(\d{1,4})\.(.+))\.lora_([AB])\.weight$/.exec(name) ?? [];
  const site = SITES.indexOf(path ?? '');
  return site === -1 ? undefined : { module: module!, layer: Number(layer), site, side: side as 'A' | 'B' };
}

/** As PEFT names the factors of a model that it wraps. */
export const factorName = (layer: number, site: number, side: 'A' | 'B'): string =>
  `base_model.model.encoder.layer.${layer}.${SITES[site]!}.lora_${side}.weight`;
