import { NoTierFitsError, variantNameOf, type Catalog, type RequestInput } from '@terrace/core';
import { bytes } from '../output.js';
import { rank, type Check, type CheckContext, type Finding } from './doctor-context.js';

export const deviceProfile: Check = {
  name: 'device',
  async run(context) {
    const { cpu, memory, providers, refusedProviders = [] } = await context.profile();
    const found = `${cpu.model}, ${cpu.usableCores} usable cores; ${bytes(memory.usableBytes)} for models (${memory.basis})`;
    if (providers.length === 0) {
      return [
        {
          name: 'device',
          state: 'problem',
          found: `${found}; no execution provider could be measured`,
          fix: 'See "onnx runtime": without it no model runs here.',
        },
      ];
    }
    return [
      { name: 'device', state: 'ok', found },
      ...providers.map(({ id, gflops, gigabytesPerSecond }): Finding => ({
        name: `provider ${id}`,
        state: 'ok',
        found: `${gflops.fp32.toFixed(0)} GFLOP/s fp32, ${gflops.int8.toFixed(0)} int8, ${gflops.q4.toFixed(0)} q4; ${gigabytesPerSecond.toFixed(0)} GB/s`,
      })),
      ...refusedProviders.map(({ id, reason }): Finding => ({
        name: `provider ${id}`,
        state: 'ok',
        found: `not offered: ONNX Runtime lists it, and it does not start here (${reason})`,
      })),
    ];
  },
};

export const memoryForTiers: Check = {
  name: 'tiers',
  async run(context) {
    const catalog = (await context.folders()).current();
    const { memory } = await context.profile();
    const asks: readonly Ask[] = catalog.domains.map(({ id }) => ({ domain: id }));
    const some =
      asks.length > 0
        ? asks
        : catalog.ladders.flatMap(({ task }): Ask[] => (task === 'text-generation' ? [] : [{ task }]));
    return Promise.all(some.map((ask) => tiersFor(ask, catalog, { context, usableBytes: memory.usableBytes })));
  },
};

type Ask = Pick<RequestInput, 'domain' | 'task'>;

async function tiersFor(
  ask: Ask,
  catalog: Catalog,
  { context, usableBytes }: { context: CheckContext; usableBytes: number },
): Promise<Finding> {
  const name = `tiers ${ask.domain ?? ask.task}`;
  try {
    const { ranked, rejected } = await rank(context, catalog, ask);
    const fits = ranked.map(
      ({ tier, estimate }) => `${tier.id} ${variantNameOf(tier)} (${bytes(estimate.memoryBytes)})`,
    );
    const found = `${fits.join(', ')} fit in ${bytes(usableBytes)}`;
    const lost = rejected.filter(({ code }) => code === 'memory' || code === 'delta');
    if (lost.length === 0) return { name, state: 'ok', found };
    const left = lost.map(({ tier, variant, message }) => `not ${tier} ${variant}: ${message}`);
    const fix = lost.some(({ code }) => code === 'memory')
      ? 'Give more memory (--memory, TERRACE_MEMORY, or the limit of the container) to use the larger tiers.'
      : 'Fit the delta anew on the base in use, or remove the base that was added.';
    return { name, state: 'warning', found: [found, ...left].join('; '), fix };
  } catch (error) {
    if (!NoTierFitsError.isInstance(error)) throw error;
    return { name, state: 'problem', found: error.message, fix: error.hint };
  }
}
