import type { PromptTemplate, TextDelta } from '../catalog/text-catalog.js';
import type { TextShape } from '../catalog/text-shape.js';
import type { Model, Variant } from '../catalog/schema.js';
import type { Placement } from '../catalog/fields.js';
import type { Endpoint } from '../catalog/endpoint.js';

/** A text model of this device in one variant. */
export interface LocalTextTier {
  readonly kind: 'local';
  /** The model's id. */
  readonly id: string;
  readonly placement: Placement;
  readonly model: Model & { readonly text: TextShape };
  readonly variant: Variant;
  readonly delta: TextDelta | undefined;
  readonly template: PromptTemplate | undefined;
}

/** Text that somebody else generates. */
export interface RemoteTextTier {
  readonly kind: 'remote';
  /** The endpoint's id. */
  readonly id: string;
  readonly placement: Placement;
  readonly endpoint: Endpoint;
  readonly delta: TextDelta | undefined;
  readonly template: PromptTemplate | undefined;
}

/** A rung that generates text. */
export type TextTier = LocalTextTier | RemoteTextTier;
