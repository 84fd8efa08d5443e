import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalog } from '@terrace/core';
import { comparePaired, decide, type GradedRow, type PromotionDecision } from '@terrace/core/deltas';
import { scoreText, type AnswerJudge, type TextQuestion, type TextRuntime } from '@terrace/core/text';
import type { ModelFolders } from '../store/catalog/model-folders.js';
import { readText } from '../store/catalog/read-text.js';
import { textDomainPlace } from '../store/catalog/text-delta-place.js';
import type { TextRevision } from '../store/revisions/text-revision-file.js';

/** Answers of data to learn from are short. */
const MAX_TOKENS = 64;

/** A view of what is on the disk, as if a kept revision of texts were in force. */
export async function withRevision(folders: ModelFolders, { domain, folder }: TextRevision): Promise<ModelFolders> {
  const place = join(folder, textDomainPlace(domain));
  const files = existsSync(place) ? (await readdir(place, { recursive: true })).map((name) => join(place, name)) : [];
  const own = (await readText(folder, files)) ?? { templates: [], deltas: [], calibrations: [] };
  const current = folders.current();
  const { templates = [], deltas = [], calibrations = [] } = current.text ?? {};
  const catalog: Catalog = {
    ...current,
    text: {
      templates: [...templates, ...own.templates],
      deltas: [...deltas.filter((delta) => delta.domain !== domain), ...own.deltas],
      // One that was made with other deltas says nothing of these.
      calibrations: calibrations.filter((each) => each.domain !== domain),
    },
  };
  const kept = new Map(own.deltas.flatMap(({ adapter }) => (adapter ? [[adapter.sha256, adapter] as const] : [])));
  return {
    ...folders,
    current: () => catalog,
    presence: (file) => (kept.has(file.sha256) ? 'here' : folders.presence(file)),
    locate: async (file, options) => {
      const adapter = kept.get(file.sha256);
      return adapter ? { ...adapter, location: join(folder, adapter.path) } : folders.locate(file, options);
    },
  };
}

export interface TextGate {
  readonly questions: readonly TextQuestion[];
  readonly domain: string;
  /** Of this device; the one that the deltas belong to. */
  readonly tier: string;
  readonly judge: AnswerJudge;
  readonly candidate: TextRuntime;
  readonly current: TextRuntime;
  /** Whether anything that is in force speaks of the domain. */
  readonly isKnown: boolean;
  readonly random: () => number;
  readonly onAnswer?: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** Asks what is kept and what is in force the same questions, and says whether the first may take over. */
export async function gateText(gate: TextGate): Promise<PromotionDecision> {
  const { questions, domain, candidate, current, isKnown, random, onAnswer } = gate;
  const graded: { readonly candidate: GradedRow[]; readonly current: GradedRow[] } = { candidate: [], current: [] };
  for (const [at, question] of questions.entries()) {
    graded.current.push(await grade(question, current, isKnown ? domain : undefined, gate));
    graded.candidate.push(await grade(question, candidate, domain, gate));
    onAnswer?.(at + 1, questions.length);
  }
  return decide(comparePaired({ ...graded, random }));
}

/** What gives no answer at all is wrong. */
async function grade(
  question: TextQuestion,
  runtime: TextRuntime,
  domain: string | undefined,
  { tier, judge, signal }: TextGate,
): Promise<GradedRow> {
  const rows = await scoreText({
    runtime,
    questions: [question],
    tiers: [tier],
    domain,
    judge,
    maxTokens: MAX_TOKENS,
    firstTokens: 1,
    sampled: [],
    signal,
  });
  return { right: rows.get(tier)?.[0]?.right === true, cost: 1 };
}
