import type { ModelManifest } from '@terrace/core';

/** What the golden data beside a model is called. */
export const goldenFile = ({ text }: Pick<ModelManifest, 'text'>): string =>
  text === undefined ? 'golden.json' : 'golden-text.json';
