import type { DeltaEvaluation } from '@terrace/core/deltas';
import { createNodeRuntime } from '../../create-node-runtime.js';
import { readExamples } from '../../store/files/read-examples.js';
import { nameRevision } from '../../store/revisions/name-revision.js';
import { measured } from '../describe-decision.js';
import { showFit } from '../describe-fit.js';
import { percent, print, printJson, table, warn } from '../output.js';
import { shortId } from '../revision-names.js';
import { startProgress } from '../progress.js';
import { readSettings, runtimeOptions, type GlobalFlags } from '../settings.js';

export interface EvaluateDeltaFlags extends GlobalFlags {
  readonly domain: string;
  readonly data: readonly string[];
  readonly revision?: string;
}

/** `terrace delta evaluate`: how a revision does on labelled rows, each rung by itself and the ladder as it would walk. */
export async function evaluateDelta(flags: EvaluateDeltaFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  for (const warning of settings.warnings) warn(warning);
  const { domain } = flags;
  const { rows: examples } = await readExamples(flags.data);
  const runtime = await createNodeRuntime({ ...runtimeOptions(settings), reconcile: false });
  const progress = startProgress('evaluating');
  try {
    const { deltas } = runtime;
    const revision =
      flags.revision === undefined
        ? undefined
        : nameRevision((await deltas.revisions(domain)).revisions, flags.revision, domain).id;
    const found = await deltas.evaluate({ domain, revision, examples }, { signal, onProgress: showFit(progress) });
    progress.end();
    if (flags.json) printJson(found);
    else print(describe(found));
    return 0;
  } finally {
    progress.end();
    await runtime.close();
  }
}

const describe = ({ domain, revision, rungs, ladder }: DeltaEvaluation): string =>
  [
    `${domain}, revision ${shortId(revision)}`,
    table([
      ['rung', 'right'],
      ...rungs.map(({ rung, accuracy }) => [rung, measured(accuracy)]),
      ...(ladder ? [['ladder', `${measured(ladder.accuracy)}, ${percent(ladder.climbRate)} climbed`]] : []),
    ]),
  ].join('\n');
