import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Answered } from '../ask/conversation.js';
import { useKiosk, useTexts } from '../kiosk/kiosk.js';
import { labelName } from '../labels/label-names.js';
import { Failure } from '../ui/failure.js';
import { Icon } from '../ui/icon.js';

type Given =
  | { readonly kind: 'none' }
  | { readonly kind: 'correcting' }
  | { readonly kind: 'kept' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Whether the answer was right; of a wrong one, what it should have been. */
export function Feedback({ answered }: { readonly answered: Answered }) {
  const { session } = useKiosk();
  const { texts } = useTexts();
  const [given, setGiven] = useState<Given>({ kind: 'none' });

  const give = async (said: { right: boolean; correction?: string }): Promise<void> => {
    try {
      const { runtime } = await session.opened();
      await runtime.recordFeedback({ requestId: answered.result.requestId, ...said });
      setGiven({ kind: 'kept' });
    } catch (error) {
      setGiven({ kind: 'failed', error });
    }
  };

  switch (given.kind) {
    case 'none':
      return (
        <div class="feedback" role="group" aria-label={texts.feedback}>
          <span>{texts.feedback}</span>
          <button type="button" class="quiet" onClick={() => void give({ right: true })}>
            <Icon name="thumb-up" /> {texts.right}
          </button>
          <button type="button" class="quiet" onClick={() => setGiven({ kind: 'correcting' })}>
            <Icon name="thumb-down" /> {texts.wrong}
          </button>
        </div>
      );
    case 'correcting':
      return <Correction answered={answered} onChosen={(correction) => void give({ right: false, ...correction })} />;
    case 'kept':
      return (
        <p class="feedback" role="status" tabIndex={-1} ref={(thanks) => thanks?.focus()}>
          {texts.thanks}
        </p>
      );
    case 'failed':
      return <Failure error={given.error} />;
    default:
      return given satisfies never;
  }
}

function Correction(props: {
  readonly answered: Answered;
  readonly onChosen: (correction: { correction?: string }) => void;
}) {
  const { answered, onChosen } = props;
  const { desk, labels, result } = answered;
  const { texts, language } = useTexts();
  const [chosen, setChosen] = useState('');
  const selectId = useId();
  const select = useRef<HTMLSelectElement>(null);
  // The button that was pressed is gone: the keyboard goes on here.
  useEffect(() => select.current?.focus(), []);
  const wrong = result.output.kind === 'classification' ? result.output.label : undefined;
  const named = labels
    .filter((label) => label !== wrong)
    .map((label) => ({ label, name: labelName(desk, label, language) }))
    .toSorted((a, b) => a.name.localeCompare(b.name, language));
  return (
    <div class="feedback">
      <label for={selectId}>{texts.correction}</label>
      <select id={selectId} ref={select} value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
        <option value="">{texts.dontKnow}</option>
        {named.map(({ label, name }) => (
          <option key={label} value={label}>
            {name}
          </option>
        ))}
      </select>
      <button type="button" class="primary" onClick={() => onChosen(chosen === '' ? {} : { correction: chosen })}>
        {texts.send}
      </button>
    </div>
  );
}
