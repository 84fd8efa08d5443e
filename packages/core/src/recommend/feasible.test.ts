import { describe, expect, it } from 'vitest';
import { parseRequest } from '../request/parse-request.js';
import { exampleRung } from '../testing/example-rungs.js';
import { exampleProfile } from '../testing/index.js';
import { whyNot } from './feasible.js';

describe('whyNot', () => {
  const profile = exampleProfile();
  const { tier, estimate } = exampleRung('base', { costUsd: 0.002 });
  const memory = (bytes: number) => ({ bytes, basis: 'the limit' });
  const ask = (maxCostUsd?: number) => {
    const requirements = parseRequest({ text: 'x', ...(maxCostUsd !== undefined && { maxCostUsd }) });
    return whyNot(tier, estimate, { profile, requirements, usable: memory(2000) });
  };

  it('rules out a tier that costs more than was allowed, and says both', () => {
    expect(ask(0.001)).toEqual({
      tier: 'base',
      variant: 'int8',
      code: 'cost',
      message: 'a request costs $0.002; $0.001 was allowed',
    });
  });

  it('has nothing against a tier that keeps to every limit, to the last byte and cent', () => {
    expect(ask(0.002)).toBeUndefined();
    expect(ask()).toBeUndefined();
    const requirements = parseRequest({ text: 'x', deadlineMs: estimate.latencyMs });
    expect(whyNot(tier, estimate, { profile, requirements, usable: memory(estimate.memoryBytes) })).toBeUndefined();
    expect(whyNot(tier, estimate, { profile, requirements, usable: memory(estimate.memoryBytes - 1) })?.code).toBe(
      'memory',
    );
  });
});
