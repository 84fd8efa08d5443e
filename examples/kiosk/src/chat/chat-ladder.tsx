import { useTexts } from '../kiosk/kiosk.js';
import { Icon, type IconName } from '../ui/icon.js';
import type { ChatRung, ChatRungState } from './ladder-of.js';
import { useChatTexts } from './use-chat-texts.js';

const ICONS: Readonly<Record<ChatRungState['kind'], IconName>> = {
  waiting: 'dot',
  held: 'clock',
  writing: 'clock',
  wrote: 'check',
  left: 'skip',
  failed: 'cross',
  stopped: 'stop',
  'not-needed': 'dot',
};

/** Who writes, who was passed over, and why. */
export function ChatLadder({ ladder }: { readonly ladder: readonly ChatRung[] }) {
  const texts = useChatTexts();
  return (
    <details class="why" open>
      <summary>{texts.why}</summary>
      <ol class="chat-ladder" aria-label={texts.ladder}>
        {ladder.map((rung) => (
          <Step key={rung.tier} rung={rung} />
        ))}
      </ol>
    </details>
  );
}

function Step({ rung: { tier, placement, state, confidence, tokens, firstTokenMs } }: { readonly rung: ChatRung }) {
  const { texts, format } = useTexts();
  const chat = useChatTexts();
  const measured = [
    ...(confidence === undefined ? [] : [texts.sure(format.percent(confidence))]),
    ...(tokens === undefined || firstTokenMs === undefined ? [] : [chat.spent(tokens, format.ms(firstTokenMs))]),
  ];
  return (
    <li class={`chat-rung ${state.kind}`}>
      <Icon name={ICONS[state.kind]} />
      <div>
        <strong>{tier}</strong> {texts.placements[placement]}: {chat.states[state.kind]}
        <Why state={state} />
        {measured.length > 0 && <small>{measured.join(' · ')}</small>}
      </div>
    </li>
  );
}

function Why({ state }: { readonly state: ChatRungState }) {
  const { texts } = useTexts();
  const chat = useChatTexts();
  switch (state.kind) {
    case 'left':
      return (
        <small>
          {chat.reasons[state.why] ?? texts.whyUnsure[state.why] ?? state.why};{' '}
          {state.wasShown ? chat.handedOver : chat.unseen}
        </small>
      );
    case 'failed':
      return (
        <>
          <small lang="en">{state.message}</small>
          {state.isGoneOnWith && <small>{chat.handedOver}</small>}
        </>
      );
    default:
      return null;
  }
}
