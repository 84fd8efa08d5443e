import { mean } from '../../evaluate/summary.js';
import type { Matrix } from '../../ports/mat-mul.js';
import type { Head } from '../fit/head.js';

/** The head of one domain, and what the composed model makes of its labels' names. */
export interface HeadPart {
  readonly domain: string;
  readonly head: Head;
  readonly outOfScopeLabel: string | null;
  readonly subDomains: Readonly<Record<string, readonly string[]>>;
  /** [labels, features] */
  readonly labelFeatures: Matrix;
}

export interface ComposedHead {
  readonly head: Head;
  /** `<domain>` to all its labels, `<domain>/<sub-domain>` to those of the sub-domain. */
  readonly subDomains: Readonly<Record<string, readonly string[]>>;
}

export const prefixed = (domain: string, label: string): string => `${domain}/${label}`;

/**
 * One head over the labels of all domains, each behind its domain's name: a block of rows each. Heads that were fitted
 * apart are not on one scale, and the largest logit would choose the domain: so each block's biases are shifted by one
 * number, such that the blocks have the same mean log-sum-exp over the names of all labels, every domain's names
 * counting alike.
 */
export function composeHeads(parts: readonly HeadPart[]): ComposedHead {
  const features = parts[0]!.labelFeatures.columns;
  const levels = parts.map((part) => mean(parts.map(({ labelFeatures }) => meanLevel(part, labelFeatures))));
  const level = mean(levels);
  const labels = parts.flatMap(({ domain, head }) => head.labels.map((label) => prefixed(domain, label)));
  const weight = new Float32Array(labels.length * features);
  const bias = new Float32Array(labels.length);
  let row = 0;
  for (const [i, { head }] of parts.entries()) {
    weight.set(head.weight, row * features);
    for (const [j, value] of head.bias.entries()) bias[row + j] = value + level - levels[i]!;
    row += head.labels.length;
  }
  return { head: { labels, weight, bias }, subDomains: Object.fromEntries(parts.flatMap(subDomainsOf)) };
}

function subDomainsOf({ domain, head, outOfScopeLabel, subDomains }: HeadPart): [string, string[]][] {
  const named = Object.entries(subDomains).map(([name, under]): [string, string[]] => [
    `${domain}/${name}`,
    under.map((label) => prefixed(domain, label)),
  ]);
  const own = head.labels.filter((label) => label !== outOfScopeLabel).map((label) => prefixed(domain, label));
  return [[domain, own], ...named];
}

/** Mean over rows of features of the log-sum-exp of a block's logits, without its out-of-scope label. */
function meanLevel({ head: { labels, weight, bias }, outOfScopeLabel }: HeadPart, { rows, columns, data }: Matrix) {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    let level = -Infinity;
    for (const [label, name] of labels.entries()) {
      if (name === outOfScopeLabel) continue;
      let logit = bias[label]!;
      for (let i = 0; i < columns; i++) logit += weight[label * columns + i]! * data[row * columns + i]!;
      level = Math.max(level, logit) + Math.log1p(Math.exp(-Math.abs(level - logit)));
    }
    sum += level;
  }
  return sum / rows;
}
