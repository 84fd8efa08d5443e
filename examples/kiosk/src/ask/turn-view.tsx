import { useEffect, useRef } from 'preact/hooks';
import { AnswerCard } from '../answer/answer-card.js';
import { Staircase } from '../climb/staircase.js';
import { useKiosk, useTexts } from '../kiosk/kiosk.js';
import { useValue } from '../state/use-value.js';
import { Failure } from '../ui/failure.js';

/** What became of the question: the answer, and how it was found. */
export function TurnView() {
  const { conversation, session } = useKiosk();
  const turn = useValue(conversation.turn);
  const state = useValue(session.state);
  const { texts } = useTexts();
  const place = useRef<HTMLDivElement>(null);
  // A question may have been tapped below: its answer is brought into view.
  useEffect(() => {
    if (turn.kind !== 'none') place.current?.scrollIntoView({ block: 'nearest' });
  }, [turn.kind]);
  const beginAnew = (): void => {
    conversation.clear();
    // The button goes: whoever uses the keyboard goes on where the next question is.
    document.querySelector<HTMLElement>('#question')?.focus();
  };
  return (
    <section class="turn" aria-label={texts.answer}>
      <div aria-live="polite" aria-atomic="true" class="spoken" ref={place}>
        {turn.kind === 'asking' && (
          <p class="asking">
            <span class="pulse" aria-hidden="true" />
            {state.kind === 'ready' ? texts.thinking : texts.waitsForModels}
          </p>
        )}
        {turn.kind === 'answered' && <AnswerCard answered={turn} />}
        {turn.kind === 'failed' && <Failure title={texts.failed} error={turn.error} />}
      </div>
      {(turn.kind === 'answered' || turn.kind === 'asking') && turn.climb.length > 0 && (
        <Staircase climb={turn.climb} />
      )}
      {turn.kind !== 'none' && (
        <button type="button" class="quiet" onClick={beginAnew}>
          {texts.clear}
        </button>
      )}
    </section>
  );
}
