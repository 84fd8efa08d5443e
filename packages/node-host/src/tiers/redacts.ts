import type { Endpoint } from '@terrace/core';

/** Whether personal data is replaced before a text goes there. */
export const redacts = ({ redact, placement }: Pick<Endpoint, 'redact' | 'placement'>): boolean =>
  redact ?? placement === 'cloud';
