import { folderName } from '@terrace/core';
import type { TextDelta } from '@terrace/core/text';

/** Everything of text tiers beside their weights; what is fitted for encoders is swapped by domain, without it. */
export const TEXT = 'text';
export const TEXT_DELTA_MANIFEST = 'text-delta.json';
export const TEMPLATE_MANIFEST = 'template.json';
export const TEXT_ADAPTER = 'adapter_model.safetensors';

/** Where the text deltas of a domain lie, relative to a folder of models. */
export const textDomainPlace = (domain: string): string => `${TEXT}/deltas/${folderName(domain)}`;

/** One place an id, so that it is known which folder a delta is. */
export const textDeltaPlace = ({ domain, id }: Pick<TextDelta, 'domain' | 'id'>): string =>
  `${textDomainPlace(domain)}/${folderName(id)}`;
