import { describe, expect, it } from 'vitest';
import { exampleCalibration } from '../testing/example-calibration.js';
import { exampleCatalog } from '../testing/example-catalog.js';
import { exampleEndpoint, exampleRemoteTier, exampleTwin } from '../testing/example-endpoint.js';
import { estimateEndpoint } from './estimate-endpoint.js';

const calibration = exampleCalibration(exampleCatalog());
const estimateOf = (endpoint = exampleEndpoint(), runs = 0) => {
  const tier = exampleRemoteTier(endpoint);
  const seen = { peakMemoryBytes: undefined, loadMs: undefined, p50Ms: 31, p95Ms: 77 };
  const statistics = { variantId: endpoint.contentId, runs, ...seen };
  return estimateEndpoint({ tier, statistics, calibration });
};

describe('the estimate of an endpoint', () => {
  it('takes nothing of the device', () => {
    expect(estimateOf()).toMatchObject({ memoryBytes: 0, loadMs: 0, energyJoules: 0, provider: 'remote' });
  });

  it('is what was measured when it was added, until the device has asked it often enough itself', () => {
    expect(estimateOf(exampleEndpoint({ measuredMs: 40 }), 19)).toMatchObject({
      latencyMs: 40,
      p95Ms: 120,
      basis: 'predicted',
    });
    expect(estimateOf(exampleEndpoint({ measuredMs: 40 }), 20)).toMatchObject({
      latencyMs: 31,
      p95Ms: 77,
      basis: 'measured',
    });
  });

  it('expects more of the way to the cloud than of that to the site, where nothing was measured', () => {
    const [site, cloud] = (['site', 'cloud'] as const).map((placement) => {
      const { measuredMs: _, ...endpoint } = exampleEndpoint({ placement });
      return estimateOf(endpoint).latencyMs;
    });
    expect(cloud).toBeGreaterThan(site!);
  });

  it('knows the quality of what computes a calibrated model, and of nothing else', () => {
    expect(estimateOf(exampleTwin()).quality).toBeCloseTo(0.92, 9);
    expect(estimateOf(exampleEndpoint()).quality).toBeUndefined();
    const other = { ...exampleTwin().serves!, variant: 'f'.repeat(64) };
    expect(estimateOf(exampleTwin({ serves: other })).quality).toBeUndefined();
  });

  it('counts the list of labels that a chat model reads with every question', () => {
    const price = { ...exampleEndpoint().price, perMillionInputTokens: 1 };
    const chat = estimateOf(exampleEndpoint({ protocol: 'openai', price }));
    expect(chat.costUsd).toBeGreaterThan(estimateOf(exampleEndpoint({ price })).costUsd);
  });
});
