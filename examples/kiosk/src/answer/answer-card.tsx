import type { Answered } from '../ask/conversation.js';
import { useTexts } from '../kiosk/kiosk.js';
import { labelName } from '../labels/label-names.js';
import { Facts } from '../ui/facts.js';
import { Feedback } from './feedback.js';

/** The answer in words, how sure it is, and who gave it. */
export function AnswerCard({ answered }: { readonly answered: Answered }) {
  const { result } = answered;
  const { texts, format } = useTexts();
  const took = answered.climb.reduce((sum, { tookMs = 0, loadMs = 0 }) => sum + tookMs + loadMs, 0);
  const { degraded } = result.verdict;
  return (
    <article class="answer" key={result.requestId}>
      <p class="asked" lang="en">
        {answered.text}
      </p>
      <Words answered={answered} />
      {degraded !== undefined && <p class="note">{texts.degraded[degraded]}</p>}
      <Facts
        rows={[
          [texts.confidence, result.confidence === undefined ? '–' : <Sureness confidence={result.confidence} />],
          [
            texts.answeredBy,
            `${result.path.join(' + ')} · ${result.cache ? texts.memory : texts.placements[result.placement]}`,
          ],
          [texts.took, format.ms(took)],
          [texts.cost, result.costUsd === 0 ? texts.free : format.usd(result.costUsd)],
        ]}
      />
      <Feedback answered={answered} />
    </article>
  );
}

function Words({ answered: { answer, desk } }: { readonly answered: Answered }) {
  const { texts, language } = useTexts();
  switch (answer.kind) {
    case 'answered':
      return (
        <>
          <p class="eyebrow">{texts.about}</p>
          <p class="words">{labelName(desk, answer.label, language)}</p>
          {answer.isUnusual && <p class="note">{texts.unusual}</p>}
        </>
      );
    case 'unsure':
      return (
        <>
          <p class="words">{texts.unsure}</p>
          <p>{texts.maybe}</p>
          <ul class="candidates">
            {answer.candidates.map((label) => (
              <li key={label}>{labelName(desk, label, language)}</li>
            ))}
          </ul>
        </>
      );
    case 'out-of-scope':
      return (
        <>
          <p class="words">{texts.outOfScope}</p>
          <p>{texts.outOfScopeHint}</p>
        </>
      );
    case 'unreadable':
      return (
        <>
          <p class="words">{texts.unreadable}</p>
          <p>{texts.unreadableHint}</p>
        </>
      );
    default:
      return answer satisfies never;
  }
}

function Sureness({ confidence }: { readonly confidence: number }) {
  const { format } = useTexts();
  return (
    <span class="sureness">
      <span class="bar" aria-hidden="true">
        <span style={{ inlineSize: `${100 * confidence}%` }} />
      </span>
      {format.percent(confidence)}
    </span>
  );
}
