import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { replaceFile } from './linked-models.js';

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/**
 * Puts other bytes in the place of weights and makes the catalog vouch for them, as after a faulty export. Their
 * size must stay.
 */
export function changeWeights(models: string, name: string, change: (content: Buffer) => Buffer): void {
  const before = sha256(readFileSync(path.join(models, name)));
  replaceFile(models, name, change);
  const after = sha256(readFileSync(path.join(models, name)));
  replaceFile(models, 'catalog.json', (catalog) => catalog.toString('utf8').replaceAll(before, after));
}

/** Turns the order of some bytes in the middle of a file round: there are weights, and they stay numbers. */
export function scramble(bytes: number): (content: Buffer) => Buffer {
  return (content) => {
    const from = (content.length - bytes) >> 1;
    content.subarray(from, from + bytes).reverse();
    return content;
  };
}
