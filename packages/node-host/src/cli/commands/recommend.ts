import { join } from 'node:path';
import { parseRequest, recommendBounded, requirementsOf, variantNameOf, type Recommendation } from '@terrace/core';
import { createNodeRuntime, nodeProbe } from '../../create-node-runtime.js';
import { nodeSelfTest } from '../../node-self-test.js';
import { openRecoveringLedger } from '../../ledger/recovering-ledger.js';
import { openModelFolders } from '../../store/catalog/model-folders.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { systemClock } from '../../system-clock.js';
import { bytes, ms, percent, print, printJson, table, warn } from '../output.js';
import { describeTextPlan } from '../describe-text.js';
import { readSettings, requestOf, runtimeOptions, type RequestFlags, type Settings } from '../settings.js';

/** `terrace recommend`: which tiers fit this device and these requirements, and why not the others. */
export async function recommendCommand(flags: RequestFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  if (flags.task === 'text-generation') return recommendTextTiers(settings, flags, signal);
  const { home, models, memoryBytes } = settings;
  const requirements = requirementsOf(parseRequest({ ...requestOf(flags), text: 'a request' }));
  const folders = await openModelFolders({
    shipped: models,
    added: join(home, 'models'),
    calibrationFile: flags.calibration,
    fetcher: await openFetcher(settings),
    requireSignatures: settings.requireSignatures,
  });
  // Without what the device has shown, it is recommended by formula.
  const ledger = await openRecoveringLedger({
    file: join(home, 'ledger.db'),
    clock: systemClock,
    onWarning: ({ message }) => warn(message),
  });
  try {
    const [profile, statistics] = await Promise.all([
      nodeProbe({ home, clock: systemClock, memoryBytes }).profile({ signal }),
      ledger.statistics(),
    ]);
    const selfTest = nodeSelfTest({ home, models: folders, onFailure: () => undefined });
    const [demoted, measured] = [await selfTest.demotions(), await selfTest.measurements()];
    const calibration = requirements.domain === undefined ? undefined : await folders.calibration(requirements.domain);
    const result = recommendBounded({
      requirements,
      profile,
      catalog: folders.current(),
      calibration,
      statistics,
      loadedBytes: 0,
      memoryCeilingBytes: memoryBytes,
      failed: new Set(),
      presence: folders.presence,
      canAsk: () => true,
      demoted,
      measured,
    });
    if (flags.json) printJson({ ...summary(result), certificate: result.certificate ?? null });
    else print(describe(result, requirements.maxRisk, result.certificate?.coverage));
    return 0;
  } finally {
    await ledger.close();
  }
}

async function recommendTextTiers(settings: Settings, flags: RequestFlags, signal: AbortSignal): Promise<number> {
  const runtime = await createNodeRuntime({ ...runtimeOptions(settings), reconcile: false });
  for (const warning of [...settings.warnings, ...runtime.models.warnings]) warn(warning);
  try {
    const { task: _, ...requirements } = requestOf(flags);
    const plan = await runtime.recommend({ ...requirements, task: 'text-generation' }, { signal });
    if (flags.json) {
      const { ladder, rejected } = plan;
      const tiers = ladder.map(({ tier: { id, placement, delta }, estimate }) => ({
        tier: id,
        placement,
        delta: delta?.id ?? null,
        ...estimate,
      }));
      printJson({ ladder: tiers.map(({ tier }) => tier), tiers, rejected });
    } else print(describeTextPlan(plan));
    return 0;
  } finally {
    await runtime.close();
  }
}

function summary({ ladder, ranked, rejected, meanMs }: Recommendation): object {
  const tiers = (rated: Recommendation['ranked']): object[] =>
    rated.map(({ tier, estimate }) => ({
      tier: tier.id,
      variant: variantNameOf(tier),
      placement: tier.placement,
      delta: tier.delta?.id ?? null,
      ...estimate,
    }));
  return { ladder: ladder.map(({ tier }) => tier.id), meanMs, tiers: tiers(ranked), rejected };
}

function describe(
  { ladder, ranked, rejected, meanMs }: Recommendation,
  maxRisk: number | undefined,
  coverage: number | undefined,
): string {
  const bound =
    maxRisk === undefined
      ? ''
      : coverage === undefined
        ? `\nno bound of ${percent(maxRisk)} can be certified for this ladder: every answer would be an abstention`
        : `\nwith at most ${percent(maxRisk)} wrong, about ${percent(coverage)} of requests are answered`;
  return [
    `use ${ladder.map(({ tier }) => tier.id).join(' -> ')}, about ${ms(meanMs)} a request${bound}`,
    '',
    table([
      ['tier', 'variant', 'memory', 'latency', 'p95', 'accuracy', 'energy', 'cost', 'from'],
      ...ranked.map(({ tier, estimate }) => [
        tier.id,
        variantNameOf(tier),
        bytes(estimate.memoryBytes),
        ms(estimate.latencyMs),
        ms(estimate.p95Ms),
        estimate.quality === undefined ? 'unknown' : percent(estimate.quality),
        `${(estimate.energyJoules * 1000).toFixed(1)} mJ`,
        estimate.costUsd === 0 ? '-' : `$${estimate.costUsd.toPrecision(2)}`,
        estimate.basis === 'measured' ? 'this device' : 'formula',
      ]),
    ]),
    ...(rejected.length === 0 ? [] : ['', 'not used']),
    ...(rejected.length === 0
      ? []
      : [table(rejected.map(({ tier, variant, code, message }) => [`  ${tier}`, variant, code, message]))]),
  ].join('\n');
}
