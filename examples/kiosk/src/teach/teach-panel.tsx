import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { IDLE_MS, watchIdleness } from '../idle/idle-watch.js';
import { useKiosk, useSettings } from '../kiosk/kiosk.js';
import { useValue } from '../state/use-value.js';
import { DomainChoice, isDomainName, NOTHING_CHOSEN, type Choice } from './domain-choice.js';
import { ExampleEditor } from './example-editor.js';
import { QuestionToCompare } from './question-to-compare.js';
import { RevisionList } from './revision-list.js';
import { selectLine } from './select-line.js';
import { TeachOutcome } from './teach-outcome.js';
import { Teaching } from './teaching.js';
import { useTeachTexts } from './use-teach-texts.js';

/** Teaches this device a domain by examples, and takes it back. */
export function TeachPanel() {
  const { session, conversation } = useKiosk();
  const settings = useSettings();
  const turn = useValue(conversation.turn);
  const texts = useTeachTexts();
  const [teaching] = useState(() => new Teaching(session));
  const state = useValue(teaching.state);
  const [choice, setChoice] = useState<Choice>(NOTHING_CHOSEN);
  const [isNameMissed, setNameMissed] = useState(false);
  const [source, setSource] = useState('');
  const [question, setQuestion] = useState('');
  const editor = useRef<HTMLTextAreaElement>(null);
  const teachButton = useRef<HTMLButtonElement>(null);
  const nameId = useId();
  const asked = turn.kind === 'none' ? '' : turn.text;
  const isBusy = state.kind === 'checking' || state.kind === 'fitting';
  const domain = choice.kind === 'new' ? choice.name.trim() : choice.id;

  useEffect(() => {
    if (asked !== '') setQuestion(asked);
  }, [asked]);
  // What the visitor before has written is nobody's business. A fit that was begun goes on.
  useEffect(
    () =>
      watchIdleness(document, IDLE_MS, () => {
        if (!teaching.forget()) return;
        setSource('');
        setQuestion('');
      }),
    [],
  );

  const choose = (chosen: Choice): void => {
    setChoice(chosen);
    setNameMissed(false);
  };
  const cancel = (): void => {
    teaching.cancel();
    // The button that was pressed goes.
    teachButton.current?.focus();
  };
  const teach = (): void => {
    const isNamed = isDomainName(domain);
    setNameMissed(!isNamed);
    if (isNamed) void teaching.teach({ domain, source, question: question.trim() }, settings);
    else document.getElementById(nameId)?.focus();
  };

  return (
    <div class="teach">
      <DomainChoice {...{ teaching, choice, nameId }} isMissed={isNameMissed} onChosen={choose} />
      <ExampleEditor source={source} onSource={setSource} editor={editor} />
      <QuestionToCompare {...{ question, domain }} onQuestion={setQuestion} />
      <div class="actions">
        <button type="button" class="quiet" aria-disabled={isBusy} onClick={() => void teaching.check(source)}>
          {texts.check}
        </button>
        <button ref={teachButton} type="button" class="primary" aria-disabled={isBusy} onClick={teach}>
          {texts.teach}
        </button>
      </div>
      <TeachOutcome state={state} onLine={(line) => selectLine(editor.current!, line)} onCancel={cancel} />
      <RevisionList teaching={teaching} domain={domain} />
    </div>
  );
}
