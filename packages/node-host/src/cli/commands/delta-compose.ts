import { InvalidRequestError, type Example } from '@terrace/core';
import type { Conflict, ConflictReport } from '@terrace/core/deltas';
import { createNodeRuntime } from '../../create-node-runtime.js';
import { readExamples } from '../../store/files/read-examples.js';
import { showFit } from '../describe-fit.js';
import { percent, print, printJson, warn } from '../output.js';
import { shortId } from '../revision-names.js';
import { startProgress } from '../progress.js';
import { readSettings, runtimeOptions, type GlobalFlags } from '../settings.js';

export interface ComposeFlags extends GlobalFlags {
  readonly into: string;
  readonly weights?: readonly number[];
  readonly eval?: readonly string[];
}

/** `terrace delta compose DOMAIN..`: several domains as one, whose labels begin with the domain they are of. */
export async function composeDeltas(
  domains: readonly string[],
  flags: ComposeFlags,
  signal: AbortSignal,
): Promise<number> {
  const settings = await readSettings(flags);
  for (const warning of settings.warnings) warn(warning);
  const { into, weights } = flags;
  const evaluation = flags.eval && (await readEvaluation(flags.eval, domains));
  const runtime = await createNodeRuntime({ ...runtimeOptions(settings), reconcile: false });
  const progress = startProgress('composing');
  try {
    const { conflicts, revision, promoted } = await runtime.deltas.compose(
      { domains, into, weights, evaluation },
      { signal, onProgress: showFit(progress) },
    );
    progress.end();
    if (flags.json) printJson({ conflicts, revision, promoted });
    else {
      const now = promoted ? 'in force now' : 'kept and not in force';
      print([describeConflicts(conflicts), `${into}: revision ${shortId(revision.id)}, ${now}`].join('\n'));
    }
    return 0;
  } finally {
    progress.end();
    await runtime.close();
  }
}

/** `domain=file`, several files of a domain one after the other. @throws InvalidRequestError, InvalidDataError */
async function readEvaluation(
  given: readonly string[],
  domains: readonly string[],
): Promise<Readonly<Record<string, readonly Example[]>>> {
  const rows: Record<string, Example[]> = {};
  for (const each of given) {
    const [domain, file] = [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)];
    if (!domains.includes(domain) || file === '') {
      throw new InvalidRequestError({
        message: `"${each.slice(0, 80)}" names no file of one of the domains.`,
        hint: `Write DOMAIN=FILE, with one of ${domains.join(', ')}.`,
      });
    }
    (rows[domain] ??= []).push(...(await readExamples([file])).rows);
  }
  return rows;
}

const describeConflicts = ({ verdict, conflicts }: ConflictReport): string =>
  verdict === 'none'
    ? 'nothing speaks against it'
    : [`${verdict}:`, ...conflicts.map((conflict) => `  ${describeConflict(conflict)}`)].join('\n');

function describeConflict(conflict: Conflict): string {
  switch (conflict.kind) {
    case 'subspace-overlap':
      return `${conflict.domains.join(' and ')} change the same directions: ${percent(conflict.overlap)} overlap`;
    case 'label-clash':
      return `labels of more than one domain, kept apart by their prefixes: ${conflict.labels.join(', ')}`;
    case 'accuracy-lost':
      return `${conflict.domain} falls from ${percent(conflict.before)} to ${percent(conflict.after)} right on ${conflict.rows} rows${conflict.leftOut === undefined ? '' : ` on ${conflict.leftOut}, which is left out`}`;
  }
  return conflict satisfies never;
}
