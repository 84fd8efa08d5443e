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
  return (
    <li class={`chat-rung ${state.kind}`}>
      <Icon name={ICONS[state.kind]} />
      <span>
        <strong>{tier}</strong> {texts.placements[placement]}: {chat.states[state.kind]}
        {state.kind === 'left' && (
          <small>
            {' '}
            {state.wasShown ? chat.handedOver : chat.unseen} (
            {texts.whyUnsure[state.why] ?? chat.reasons[state.why] ?? state.why})
          </small>
        )}
        {state.kind === 'failed' && <small lang="en"> {state.message}</small>}
        {confidence !== undefined && <small> {texts.sure(format.percent(confidence))}</small>}
        {tokens !== undefined && firstTokenMs !== undefined && (
          <small> {chat.spent(tokens, format.ms(firstTokenMs))}</small>
        )}
      </span>
    </li>
  );
}
