import { useId, useState } from 'preact/hooks';
import { useKiosk, useSettings } from '../kiosk/kiosk.js';
import { isDomainName } from './domain-choice.js';
import { tryQuestion, type Trial } from './trial.js';
import { TrialWords } from './trial-words.js';
import { useTeachTexts } from './use-teach-texts.js';

/** A question that is answered before and after a fit, and whenever somebody wants to know. */
export function QuestionToCompare(props: {
  readonly question: string;
  readonly domain: string;
  readonly onQuestion: (question: string) => void;
}) {
  const { question, domain, onQuestion } = props;
  const { session } = useKiosk();
  const { demand } = useSettings();
  const texts = useTeachTexts();
  const [tried, setTried] = useState<{ readonly domain: string; readonly trial: Trial }>();
  const id = useId();
  const text = question.trim();
  const ask = async (): Promise<void> => {
    if (text === '' || !isDomainName(domain)) return document.getElementById(id)?.focus();
    try {
      const { runtime } = await session.opened();
      setTried({ domain, trial: await tryQuestion(runtime, { domain, text, demand }) });
    } catch (error) {
      setTried({ domain, trial: { kind: 'failed', error } });
    }
  };
  return (
    <form
      class="field"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
      <label for={id}>{texts.question}</label>
      <div class="beside">
        <input
          id={id}
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={question}
          aria-describedby={`${id}-hint`}
          onInput={(event) => {
            setTried(undefined);
            onQuestion(event.currentTarget.value);
          }}
        />
        <button type="submit" class="quiet">
          {texts.askNow}
        </button>
      </div>
      <p id={`${id}-hint`} class="hint">
        {texts.questionHint}
      </p>
      <div role="status">{tried?.domain === domain && <TrialWords trial={tried.trial} domain={domain} />}</div>
    </form>
  );
}
