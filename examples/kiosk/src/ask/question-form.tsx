import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useKiosk, useSettings, useTexts } from '../kiosk/kiosk.js';
import { DESKS } from '../settings/settings.js';
import { useValue } from '../state/use-value.js';

/** What a request may be long: a question, not a book. */
const MOST_CHARACTERS = 500;

/** What the visitor had typed before the page was alive. */
export interface Begun {
  readonly text: string;
  readonly hasFocus: boolean;
}

/** Where a question is typed or tapped. */
export function QuestionForm({ begun }: { readonly begun: Begun }) {
  const { conversation, session, settings: kept } = useKiosk();
  const settings = useSettings();
  const turn = useValue(conversation.turn);
  const { texts } = useTexts();
  const [text, setText] = useState(begun.text);
  const input = useRef<HTMLInputElement>(null);
  const hintId = useId();

  useEffect(() => {
    if (begun.hasFocus) input.current?.focus();
  }, []);
  // A question that was tapped is shown as if it had been typed; the next visitor finds an empty page.
  const isFirst = useRef(true);
  const shown = turn.kind === 'none' ? '' : turn.text;
  // Before it is painted: what was cleared is not seen again.
  useLayoutEffect(() => {
    if (!isFirst.current) setText(shown);
    isFirst.current = false;
  }, [turn.kind === 'none' ? turn : shown]);

  const ask = (): void => {
    const question = text.trim();
    if (question === '') input.current?.focus();
    else void conversation.ask(question, settings);
  };
  const choose = (desk: (typeof DESKS)[number]): void => {
    conversation.clear();
    kept.change({ desk });
    void session.prepare({ ...settings, desk }).catch(() => undefined);
  };

  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        ask();
      }}
    >
      <fieldset class="desks">
        <legend>{texts.desk}</legend>
        {DESKS.map((desk) => (
          <label key={desk} class="desk">
            <input
              type="radio"
              name="desk"
              value={desk}
              checked={settings.desk === desk}
              onChange={() => choose(desk)}
            />
            <span class="desk-name">{texts.desks[desk]}</span>
            <span class="desk-hint">{texts.deskHints[desk]}</span>
          </label>
        ))}
      </fieldset>
      <div class="question">
        <label for="question">{texts.question}</label>
        <div class="question-row">
          <input
            id="question"
            ref={input}
            type="text"
            value={text}
            maxLength={MOST_CHARACTERS}
            autocomplete="off"
            spellcheck={false}
            enterkeyhint="send"
            aria-describedby={hintId}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button type="submit" class="primary">
            {texts.ask}
          </button>
        </div>
        <p id={hintId} class="hint">
          {texts.questionHint}
        </p>
      </div>
    </form>
  );
}
