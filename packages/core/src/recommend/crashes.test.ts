import { describe, expect, it } from 'vitest';
import { variantNameOf } from '../catalog/tier.js';
import type { Crash, DeviceProfile } from '../profile/device-profile.js';
import type { Model } from '../catalog/schema.js';
import { parseRequest, requirementsOf } from '../request/parse-request.js';
import { exampleCatalog, exampleModel, exampleNano, exampleProfile, fakeFile } from '../testing/index.js';
import { recommend, type Recommendation } from './recommend.js';

const MiB = 2 ** 20;

describe('what the page died of', () => {
  const variantOf = (dtype: 'int8' | 'q4', ...providers: string[]) => ({
    dtype,
    providers,
    weights: fakeFile(`base/${dtype}.onnx`, MiB),
  });
  const [cpu] = exampleProfile().providers;
  const providers = [cpu!, { ...cpu!, id: 'cuda' }];
  const crashOf = (dtype: string, provider: string, timesInARow = 1): Crash => ({
    variantId: fakeFile(`base/${dtype}.onnx`, MiB).sha256,
    modelId: 'base',
    provider,
    phase: timesInARow > 1 ? 'run' : 'load',
    timesInARow,
    atWallMs: Date.UTC(2026, 0, 1, 12),
    untilWallMs: Date.UTC(2026, 0, 1, 12, timesInARow),
  });
  const base = exampleModel({ id: 'base', variants: [variantOf('int8', 'cpu', 'cuda'), variantOf('q4', 'cpu')] });
  const recommended = (models: Model[], profile: Partial<DeviceProfile>): Recommendation =>
    recommend({
      requirements: requirementsOf(parseRequest({ text: 'x', domain: 'bank' })),
      profile: exampleProfile(profile),
      catalog: exampleCatalog({ models }),
      calibration: undefined,
      statistics: [],
      loadedBytes: 0,
      memoryCeilingBytes: undefined,
      failed: new Set(),
    });
  const asked = (crashes: Crash[], models = [exampleNano(), base]): Recommendation =>
    recommended(models, { providers, crashes });
  const used = ({ ranked }: Recommendation) =>
    ranked.flatMap(({ tier, estimate }) => (tier.id === 'base' ? [`${variantNameOf(tier)} ${estimate.provider}`] : []));

  it('goes on with another provider, the reference being no exception', () => {
    const models = [exampleNano(), { ...base, variants: [variantOf('int8', 'cpu', 'cuda')] }];
    expect(used(asked([], models))).toEqual(['int8 cpu']);
    expect(used(asked([crashOf('int8', 'cpu')], models))).toEqual(['int8 cuda']);
  });

  it('goes on with another variant, and says why not with the one', () => {
    const result = asked([crashOf('int8', 'cpu'), crashOf('int8', 'cuda', 3)]);
    expect(used(result)).toEqual(['q4 cpu']);
    expect(result.rejected).toContainEqual({
      tier: 'base',
      variant: 'int8',
      code: 'crashed',
      message:
        'the page died while it was being loaded with cpu; it is tried again at 2026-01-01T12:01:00.000Z; ' +
        'the page died while it ran with cuda, 3 times in a row; it is tried again at 2026-01-01T12:03:00.000Z',
    });
  });

  it('is no race either', () => {
    const fast = [cpu!, { ...cpu!, id: 'cuda', overheadMs: cpu!.overheadMs / 2 }];
    const contested = (crashes: Crash[]) =>
      recommended([exampleNano(), base], { providers: fast, crashes }).contests.flatMap(({ challengers }) =>
        challengers.map(({ estimate }) => estimate.provider),
      );
    expect(contested([])).toContain('cuda');
    expect(contested([crashOf('int8', 'cuda')])).toEqual([]);
  });

  it('leaves nothing rather than to end the page again, and says when it is tried', () => {
    const crashes = [crashOf('int8', 'cpu', 2), crashOf('int8', 'cuda'), crashOf('q4', 'cpu', 2)];
    expect(() => asked(crashes, [base])).toThrow(
      expect.objectContaining({
        code: 'NO_TIER_FITS',
        message: expect.stringContaining('base int8: the page died while it ran with cpu, 2 times in a row;'),
        hint: expect.stringContaining('2026-01-01T12:01:00.000Z'),
      }),
    );
  });

  it('on a provider that is gone is a provider that is gone', () => {
    const cudaOnly = { ...base, variants: [variantOf('int8', 'cuda')] };
    const { rejected } = recommended([exampleNano(), cudaOnly], { crashes: [crashOf('int8', 'cuda')] });
    expect(rejected).toEqual([expect.objectContaining({ tier: 'base', code: 'provider' })]);
  });
});
