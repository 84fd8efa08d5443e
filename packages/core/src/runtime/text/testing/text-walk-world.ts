import type { Script } from '../../../testing/scripted-text.js';
import { createFakeClock } from '../../../testing/fake-clock.js';
import { createFakeTextSource, type FakeTextSource } from '../../../testing/fake-text-source.js';
import { exampleTextCalibration, exampleTextRung, exampleTextTier } from '../../../testing/example-text-tier.js';
import type { TextTierCalibration } from '../../../catalog/text-calibration.js';
import type { TextEstimate } from '../../../text/plan/text-plan.js';
import { createWalkBounds } from '../../../text/confidence/walk-bounds.js';
import { parseTextRequest } from '../../../text/request/parse-text-request.js';
import type { TextRequestInput } from '../../../text/request/text-request-schema.js';
import type { TextRunOptions } from '../text-runtime.js';
import type { TextStep } from '../text-step.js';
import { TextWalk } from '../text-walk.js';

/** A tier of a walk that is tried. */
export interface WalkedTier {
  readonly script?: Script;
  readonly calibration?: Partial<TextTierCalibration>;
  readonly estimate?: Partial<TextEstimate>;
  readonly readyInMs?: number;
}

interface Asked extends Partial<TextRequestInput> {
  readonly options?: TextRunOptions;
  readonly listens?: boolean;
}

/** A walk over tiers named `a`, `b`, ... from the lightest up. */
export function textWalkOver(tiers: readonly WalkedTier[]) {
  const clock = createFakeClock();
  const broken: string[] = [];
  const ids = tiers.map((_, i) => 'abc'[i]!);
  const sources = new Map<string, FakeTextSource>(
    tiers.map(({ script, readyInMs = 0 }, i) => [ids[i]!, createFakeTextSource(script, { readyInMs })]),
  );
  const ladder = tiers.map(({ calibration, estimate }, i) =>
    exampleTextRung(exampleTextTier(ids[i]!), estimate, calibration && exampleTextCalibration(ids[i]!, calibration)),
  );
  const plan = { ladder, rejected: [], catalogRevision: 'c', ladderRevision: undefined };
  const walk = ({ options = {}, listens = true, ...input }: Asked = {}): TextWalk =>
    new TextWalk({
      request: parseTextRequest({ task: 'text-generation', text: 'hello there', ...input }),
      requestId: 'r1',
      plan: async () => plan,
      sourceOf: ({ tier }) => sources.get(tier.id)!,
      clock,
      options,
      listens,
      bounds: createWalkBounds(),
      onBroken: ({ tier }) => void broken.push(tier.id),
    });
  /** @returns the result with all steps, and what was shown of the first choice */
  const answer = async (asked?: Asked) => {
    const walked = walk(asked);
    const steps: TextStep[] = [];
    const reading = walked.steps();
    for (;;) {
      const { done, value } = await reading.next();
      if (done) {
        walked.close();
        return { result: value, steps, shown: shownOf(steps), text: value.output.choices[0]!.text };
      }
      steps.push(value);
    }
  };
  return {
    clock,
    broken,
    sources,
    walk,
    answer,
    states: (id: string) => sources.get(id)!.runs.map(({ state }) => state),
  };
}

export const shownOf = (steps: readonly TextStep[], choice = 0): string =>
  steps.flatMap((step) => (step.kind === 'text' && step.choice === choice ? [step.text] : [])).join('');
export const kindsOf = ({ trace }: { trace: readonly { kind: string }[] }): string[] => trace.map(({ kind }) => kind);
