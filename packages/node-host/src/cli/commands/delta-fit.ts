import { InvalidDataError, type Example } from '@terrace/core';
import { z } from 'zod';
import { createNodeRuntime } from '../../create-node-runtime.js';
import { readGivenJson } from '../../store/files/read-given-json.js';
import { systemClock } from '../../system-clock.js';
import { describeFindings } from '../describe-findings.js';
import { describeFit, showFit } from '../describe-fit.js';
import { readNumbered } from '../numbered-examples.js';
import { print, printJson, warn } from '../output.js';
import { startProgress } from '../progress.js';
import { readSettings, runtimeOptions, type GlobalFlags } from '../settings.js';

export interface FitFlags extends GlobalFlags {
  readonly data: readonly string[];
  readonly domain: string;
  readonly subDomain?: string;
  readonly base?: string;
  readonly eval?: readonly string[];
  readonly outOfScope?: string;
  readonly subDomains?: string;
  readonly strict?: boolean;
  readonly dtype?: 'int8' | 'fp16';
  readonly keepExamples?: boolean;
  /** False with `--no-promote`. */
  readonly promote?: boolean;
}

/** `terrace delta fit`: teaches a domain from labelled rows. One that is no better than what is in force is kept. */
export async function fitDelta(flags: FitFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  for (const warning of settings.warnings) warn(warning);
  const training = await readNumbered(flags.data);
  const evaluation = flags.eval && (await readNumbered(flags.eval));
  const subDomains = flags.subDomains === undefined ? undefined : await readSubDomains(flags.subDomains);
  const runtime = await createNodeRuntime({ ...runtimeOptions(settings), reconcile: false });
  const progress = startProgress('looking at the data');
  const places = { training: training.at, evaluation: evaluation?.at ?? training.at };
  try {
    const report = await runtime.deltas.fit(
      {
        domain: flags.domain,
        subDomain: flags.subDomain,
        examples: training.rows,
        evaluation: evaluation?.rows,
        base: flags.base,
        outOfScopeLabel: flags.outOfScope,
        subDomains,
        strict: flags.strict,
        dtype: flags.dtype,
        promote: flags.promote,
      },
      { signal, onProgress: showFit(progress) },
    );
    progress.end();
    const { inForce } = await runtime.deltas.revisions(report.domain);
    if (flags.keepExamples) await keepExamples(training.rows, report.domain, flags);
    if (flags.json) printJson({ ...report, inForce: inForce ?? null });
    else {
      print([describeFindings(report.data, places), '', describeFit(report, inForce)].join('\n'));
    }
    return 0;
  } catch (error) {
    progress.end();
    // The refusal names a few findings, by lines of all files together.
    if (flags.strict && !flags.json && InvalidDataError.isInstance(error)) {
      const data = await runtime.deltas.check({ examples: training.rows, evaluation: evaluation?.rows });
      print(`${describeFindings(data, places)}\n`);
    }
    throw error;
  } finally {
    progress.end();
    await runtime.close();
  }
}

/** Later fits by what is learnt then have them as well. They stay on this device. @throws StorageError */
async function keepExamples(rows: readonly Example[], domain: string, flags: GlobalFlags): Promise<void> {
  const { withLessons } = await import('./learn-lessons.js');
  const about = {
    domain,
    source: 'data',
    teacher: undefined,
    requestId: undefined,
    weight: 1,
    residency: 'device',
  } as const;
  const atWallMs = systemClock.wallMs();
  await withLessons(flags, (lessons) =>
    lessons.add(rows.map(({ text, label }) => ({ ...about, text, label, atWallMs }))),
  );
}

const subDomainsSchema = z.record(z.string().min(1), z.array(z.string().min(1)).min(1));

/** @throws InvalidDataError, InvalidRequestError, InvalidCatalogError */
async function readSubDomains(file: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const { data, error } = subDomainsSchema.safeParse(await readGivenJson(file));
  if (data) return data;
  throw new InvalidDataError({
    message: `${file} does not say which labels belong to a sub-domain: ${z.prettifyError(error).split('\n')[0]}.`,
    hint: 'Write {"cards": ["new_card", "block_card"], ...}.',
    facts: { file },
  });
}
