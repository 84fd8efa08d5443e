import type { Observation } from '../../ports/learning.js';
import { openCandidate, type Candidate } from './candidate.js';
import { domainFacts } from './domain-facts.js';
import type { LearningPorts } from './learning-ports.js';
import type { LearningSettings } from './learning-settings.js';
import { isPaused, keepNote, readNote, type DomainNote } from './notes.js';
import { countAnswer, judgeShadow, type Shadow } from './shadow.js';

/** Requests that wait for the candidate; beyond them the newest are dropped, as any sample will do. */
const MAX_WAITING = 64;
/** So long after a request a model is borrowed, so that a burst of them is not held up. */
const AFTER_MS = 10;
/** Answers between two notes: so many are given again after a restart, at most. */
const NOTE_EVERY = 10;

/** A candidate of each domain that answers live requests unheard, when nothing else runs. */
export interface ShadowRuns {
  /** Takes up the candidates that were in shadow when the process ended. @throws StorageError */
  resume(domains: readonly string[]): Promise<void>;
  begin(domain: string, shadow: Shadow): Promise<void>;
  offer(observation: Observation): void;
  of(domain: string): Shadow | undefined;
  /** Resolves when nothing is under way. */
  settle(): Promise<void>;
}

interface Running {
  shadow: Shadow;
  candidate: Candidate | undefined;
  isOver: boolean;
}

/** @param onPass told when a candidate has shown what it had to */
export function createShadowRuns({
  ports,
  settings,
  signal,
  onPass,
}: {
  readonly ports: LearningPorts;
  readonly settings: LearningSettings;
  readonly signal: AbortSignal;
  readonly onPass: (domain: string, shadow: Shadow) => Promise<void>;
}): ShadowRuns {
  const running = new Map<string, Running>();
  const waiting: Observation[] = [];
  let draining: Promise<void> | undefined;

  const note = async (domain: string, shadow: Shadow | undefined): Promise<void> => {
    const { shadow: _, ...rest } = await readNote(ports.lessons, domain);
    const next: DomainNote = shadow ? { ...rest, shadow } : rest;
    await keepNote(ports.lessons, domain, next);
  };
  const end = async (domain: string): Promise<void> => {
    const run = running.get(domain);
    if (run) run.isOver = true;
    running.delete(domain);
    await note(domain, undefined);
  };
  const open = async (domain: string, { revision: id }: Shadow): Promise<Candidate | undefined> => {
    const { revisions } = await (await ports.deltas()).revisions(domain);
    const revision = revisions.find((each) => each.id === id);
    if (!revision) return undefined;
    const calibration = await (await ports.revisions()).calibration(revision);
    return openCandidate({ revision, calibration, workshop: ports.workshop(), signal });
  };

  const ask = async ({ domain, text, label, said }: Observation): Promise<void> => {
    const run = running.get(domain);
    if (!run) return;
    const { ladderRevision } = domainFacts(ports.catalog.current(), domain) ?? {};
    run.candidate ??= ladderRevision === run.shadow.against ? await open(domain, run.shadow) : undefined;
    if (!run.candidate || ladderRevision !== run.shadow.against) return end(domain);
    const candidate = await run.candidate.answer(text, signal);
    if (run.isOver) return;
    run.shadow = countAnswer(run.shadow, { label, climbed: said.length > 1, candidate });
    const verdict = judgeShadow(run.shadow, { accuracy: run.candidate.accuracy, settings });
    switch (verdict) {
      case 'go-on':
        if (run.shadow.answers % NOTE_EVERY === 0) await note(domain, run.shadow);
        return;
      case 'promote':
        // It stays in shadow, and is judged again with its next answer.
        if (await isPaused(ports.lessons)) return;
        await onPass(domain, run.shadow);
        return end(domain);
      case 'drop':
        return end(domain);
    }
    verdict satisfies never;
  };
  /** A candidate that cannot answer is none; it is kept, and can be promoted by name. */
  const askOrEnd = async (observation: Observation): Promise<void> => {
    try {
      await ask(observation);
    } catch (error) {
      if (signal.aborted) return;
      ports.onFailure(error);
      await end(observation.domain);
    }
  };
  const drain = async (): Promise<void> => {
    while (waiting.length > 0 && !signal.aborted) {
      await ports.clock.sleep(AFTER_MS, signal);
      while (waiting.length > 0 && !signal.aborted && ports.workshop().isIdle()) await askOrEnd(waiting.shift()!);
    }
  };

  return {
    async resume(domains) {
      for (const domain of domains) {
        const { shadow } = await readNote(ports.lessons, domain);
        if (shadow) running.set(domain, { shadow, candidate: undefined, isOver: false });
      }
    },
    async begin(domain, shadow) {
      running.set(domain, { shadow, candidate: undefined, isOver: false });
      await note(domain, shadow);
    },
    offer(observation) {
      if (!running.has(observation.domain) || waiting.length >= MAX_WAITING) return;
      waiting.push(observation);
      draining ??= drain()
        .catch((error: unknown) => {
          if (!signal.aborted) ports.onFailure(error);
        })
        .finally(() => (draining = undefined));
    },
    of: (domain) => running.get(domain)?.shadow,
    settle: async () => draining,
  };
}
