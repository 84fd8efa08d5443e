import { withText } from '@terrace/browser-host/text';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { IDLE_MS, watchIdleness } from '../idle/idle-watch.js';
import { useKiosk, useSettings, useTexts } from '../kiosk/kiosk.js';
import { useValue } from '../state/use-value.js';
import { Failure } from '../ui/failure.js';
import { Chat, type ChatTurn } from './chat.js';
import { ChatLadder } from './chat-ladder.js';
import { useChatTexts } from './use-chat-texts.js';

const MOST_CHARACTERS = 2000;

/** A chat that is written by the lightest tier that can, with the ladder beside it. */
export function ChatPanel() {
  const { session } = useKiosk();
  const settings = useSettings();
  const texts = useChatTexts();
  const [chat] = useState(() => new Chat(session, withText));
  const turns = useValue(chat.turns);
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const inputId = useId();
  const isWriting = turns.some(({ end }) => end === undefined);
  // What the visitor before has written is nobody's business.
  useEffect(() => {
    const forget = (): void => {
      chat.clear();
      setText('');
    };
    const end = watchIdleness(document, IDLE_MS, forget);
    return () => {
      end();
      chat.stop();
    };
  }, [chat]);

  const say = (): void => {
    const said = text.trim();
    // The button goes or changes: whoever uses the keyboard goes on where the next message is.
    input.current?.focus();
    if (said === '' || isWriting) return;
    setText('');
    void chat.say(said, settings);
  };
  return (
    <div class="chat">
      <ol class="chat-turns" aria-label={texts.chat}>
        {turns.map((turn) => (
          <Turn key={turn.id} turn={turn} />
        ))}
      </ol>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          say();
        }}
      >
        <label for={inputId}>{texts.message}</label>
        <div class="beside">
          <input
            id={inputId}
            ref={input}
            type="text"
            value={text}
            maxLength={MOST_CHARACTERS}
            autocomplete="off"
            enterkeyhint="send"
            onInput={(event) => setText(event.currentTarget.value)}
          />
          {isWriting ? (
            <button type="button" onClick={() => (chat.stop(), input.current?.focus())}>
              {texts.stop}
            </button>
          ) : (
            <button type="submit" class="primary">
              {texts.send}
            </button>
          )}
        </div>
      </form>
      {turns.length > 0 && (
        <button type="button" class="quiet" onClick={() => (chat.clear(), input.current?.focus())}>
          {texts.clear}
        </button>
      )}
    </div>
  );
}

function Turn({ turn: { said, text, ladder, end } }: { readonly turn: ChatTurn }) {
  const texts = useChatTexts();
  const isHeld = end === undefined && text === '';
  return (
    <li class="chat-turn">
      <p class="said">{said}</p>
      {/* Read out when it is whole: half words say nothing. */}
      <div aria-live="polite" aria-busy={end === undefined}>
        {isHeld && (
          <p class="asking">
            <span class="pulse" aria-hidden="true" />
            {ladder.length === 0 ? texts.opening : texts.held}
          </p>
        )}
        {text !== '' && <p class="written">{text}</p>}
        <End end={end} />
      </div>
      {ladder.length > 0 && <ChatLadder ladder={ladder} />}
    </li>
  );
}

function End({ end }: Pick<ChatTurn, 'end'>) {
  const texts = useChatTexts();
  const { servers } = useSettings();
  const { texts: page, format } = useTexts();
  switch (end?.kind) {
    case undefined:
      return null;
    case 'whole':
      return (
        <>
          {end.isCut && <p class="note">{texts.cut}</p>}
          <p class={end.isSure ? 'hint' : 'note'}>
            {end.confidence === undefined ? texts.unmeasured : texts.sure(format.percent(end.confidence))}
            {!end.isSure && ` · ${texts.unsure}`}
          </p>
        </>
      );
    case 'stopped':
      return <p class="hint">{texts.stopped}</p>;
    case 'failed':
      return (
        <>
          <Failure title={texts.failed} error={end.error} />
          {servers.length === 0 && <p class="hint">{texts.addServer(page.reach)}</p>}
        </>
      );
    default:
      return end satisfies undefined;
  }
}
