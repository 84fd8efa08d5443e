import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidRequestError, UnknownDomainError, type Ledger } from '@terrace/core';
import {
  fitTextCalibration,
  readTextCalibration,
  scoreText,
  textIdentity,
  type AnswerJudge,
  type RatedTextTier,
  type TextRuntime,
} from '@terrace/core/text';
import { nodeProbe } from '../../create-node-runtime.js';
import { environmentKeys } from '../../remote/environment-keys.js';
import { createUndiciFetch } from '../../remote/undici-fetch.js';
import { rebuildCatalog } from '../../store/catalog/rebuild-catalog.js';
import { TEXT_CALIBRATION } from '../../store/catalog/read-text.js';
import { openModelFolders, type ModelFolders } from '../../store/catalog/model-folders.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { requireWritable, writeAtomically } from '../../store/files/atomic-file.js';
import { readQuestions } from '../../store/files/read-questions.js';
import { systemClock } from '../../system-clock.js';
import { openNodeText } from '../../text/open-node-text.js';
import { reportTextFit } from '../describe-text-fit.js';
import { startProgress } from '../progress.js';
import { readSettings, type GlobalFlags, type Settings } from '../settings.js';
import { rounded } from './calibrate.js';
import { addedModels } from './models-catalog.js';

export interface CalibrateTextFlags extends GlobalFlags {
  readonly text?: string;
  readonly tier?: readonly string[];
  readonly domain?: string;
  readonly every?: number;
  readonly judge?: AnswerJudge;
  readonly maxTokens?: number;
  readonly agreement?: boolean;
  readonly out?: string;
}

const MAX_TOKENS = 64;
/** On so many tokens a stream is decided before it is shown. */
const FIRST_TOKENS = 8;
/** Of requests that name no domain. */
const ANY_DOMAIN = 'any';

/** `terrace calibrate --text FILE`: how sure answers of text tiers are. */
export async function calibrateText(flags: CalibrateTextFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  const { judge = 'contains', maxTokens = MAX_TOKENS, agreement = false, every, domain } = flags;
  if (settings.requireSignatures && flags.out === undefined) throw unsigned();
  const questions = await readQuestions(flags.text!, every);
  const folders = await openModelFolders({
    shipped: settings.models,
    added: addedModels(settings),
    fetcher: await openFetcher(settings),
    requireSignatures: settings.requireSignatures,
  });
  const file = flags.out ?? join(addedModels(settings), 'text-calibrations', domain ?? ANY_DOMAIN, TEXT_CALIBRATION);
  await mkdir(dirname(file), { recursive: true });
  await requireWritable(file);
  const network = createUndiciFetch();
  const runtime = openText(folders, settings, network.fetch);
  const progress = startProgress('asking every tier');
  try {
    const { rungs, asked } = await rungsOf(runtime, domain, maxTokens);
    const tiers = chosen(rungs, flags.tier);
    const rows = await scoreText({
      runtime,
      questions: questions.rows,
      tiers: tiers.map(({ tier }) => tier.id),
      domain: asked,
      judge,
      maxTokens,
      firstTokens: FIRST_TOKENS,
      // Requests draw anew what costs no money.
      sampled: agreement ? tiers.filter(({ tier }) => tier.kind === 'local').map(({ tier }) => tier.id) : [],
      onAnswer: progress.update,
      signal,
    });
    progress.end();
    const fitted = fitTextCalibration({
      domain,
      fingerprint: questions.fingerprint,
      rows: questions.rows.length,
      tiers: tiers.map(({ tier }) => ({ ...textIdentity(tier), firstTokens: FIRST_TOKENS, rows: rows.get(tier.id)! })),
      random: seeded(),
    });
    const written = `${JSON.stringify(rounded(fitted.calibration), null, 1)}\n`;
    // What a later start would refuse never takes the place of a calibration that works.
    readTextCalibration(new TextEncoder().encode(written));
    await writeAtomically(file, written);
    if (flags.out === undefined) await rebuildCatalog(addedModels(settings), folders.current().models);
    reportTextFit({ ...fitted, file, json: flags.json === true });
    return 0;
  } finally {
    progress.end();
    await runtime.close();
    await network.close();
  }
}

/** Tiers of text over some folders of models, of which nothing is kept in the ledger. */
export function openText(
  folders: ModelFolders,
  { home, memoryBytes, redaction }: Settings,
  fetch: ReturnType<typeof createUndiciFetch>['fetch'],
): TextRuntime {
  return openNodeText(
    {
      catalog: folders,
      store: folders,
      probe: nodeProbe({ home, clock: systemClock, memoryBytes }),
      ledger: NO_LEDGER,
      clock: systemClock,
      random: Math.random,
      loadRemote: () => import('@terrace/core/remote'),
      fetch,
      keys: environmentKeys(),
      redaction,
      ...(memoryBytes !== undefined && { memoryCeilingBytes: memoryBytes }),
    },
    undefined,
  );
}

/** What is asked to learn from is nobody's request: no report counts it. */
export const NO_LEDGER: Ledger = {
  append: () => Promise.resolve(),
  outcomes: () => Promise.resolve([]),
  outcome: () => Promise.resolve(undefined),
  async *review() {},
  feedback: () => Promise.resolve([]),
  statistics: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};

/** A domain that nothing speaks of yet is one by its calibration: its tiers are those of no domain. */
async function rungsOf(
  runtime: TextRuntime,
  domain: string | undefined,
  maxTokens: number,
): Promise<{ readonly rungs: readonly RatedTextTier[]; readonly asked: string | undefined }> {
  const request = { task: 'text-generation', generation: { maxTokens } } as const;
  try {
    return { rungs: (await runtime.recommend({ ...request, domain })).ladder, asked: domain };
  } catch (error) {
    if (!UnknownDomainError.isInstance(error)) throw error;
    return { rungs: (await runtime.recommend(request)).ladder, asked: undefined };
  }
}

/** @throws InvalidRequestError */
function chosen(rungs: readonly RatedTextTier[], ids: readonly string[] | undefined): readonly RatedTextTier[] {
  const strange = ids?.find((id) => !rungs.some(({ tier }) => tier.id === id));
  if (strange === undefined) return ids ? rungs.filter(({ tier }) => ids.includes(tier.id)) : rungs;
  throw new InvalidRequestError({
    message: `There is no text tier "${strange.slice(0, 64)}" here.`,
    hint: `Use some of: ${rungs.map(({ tier }) => tier.id).join(', ')}.`,
  });
}

const unsigned = (): InvalidRequestError =>
  new InvalidRequestError({
    message: 'Signatures are required, and a calibration of text is not signed by itself.',
    hint: 'Write it elsewhere with --out FILE, and sign the folder of models with it.',
  });

/** The interval is the same each time. */
export function seeded(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
