import { useTexts } from '../kiosk/kiosk.js';
import { Icon, type IconName } from '../ui/icon.js';
import { MEMORY, type Rung, type RungOutcome } from './climb-of.js';

const ICONS: Readonly<Record<RungOutcome['kind'], IconName>> = {
  open: 'clock',
  accepted: 'check',
  remembered: 'check',
  unsure: 'question',
  skipped: 'skip',
  'not-needed': 'dot',
  failed: 'cross',
};

/** The climb as a staircase: a step for every rung, each higher than the one before. */
export function Staircase({ climb }: { readonly climb: readonly Rung[] }) {
  const { texts } = useTexts();
  return (
    <section class="climb">
      <h2>{texts.climb}</h2>
      <p class="hint">{texts.climbHint}</p>
      <ol class="staircase">
        {climb.map((rung, height) => (
          <Step key={rung.tier} rung={rung} height={height} below={climb.length - 1 - height} />
        ))}
      </ol>
    </section>
  );
}

/** @param props.below how many steps it is below the top */
function Step(props: { readonly rung: Rung; readonly height: number; readonly below: number }) {
  const { rung, height, below } = props;
  const { texts, format } = useTexts();
  const { tier, placement, outcome, confidence, threshold, tookMs, loadMs } = rung;
  return (
    <li class={`step ${outcome.kind}`} style={{ '--height': height, '--below': below }}>
      <div class="tread">
        <p class="step-name">
          <strong>{tier === MEMORY ? texts.memory : tier}</strong> <span>{texts.placements[placement]}</span>
        </p>
        <p class="step-outcome">
          <Icon name={ICONS[outcome.kind]} />
          <span>
            {texts.outcomes[outcome.kind]}
            <Why outcome={outcome} />
          </span>
        </p>
        {confidence !== undefined && (
          <div class="step-confidence">
            <span class="bar" aria-hidden="true">
              <span style={{ inlineSize: `${100 * confidence}%` }} />
              {threshold !== undefined && threshold > 0 && <i style={{ insetInlineStart: `${100 * threshold}%` }} />}
            </span>
            <p>
              {texts.sure(format.percent(confidence))}
              {threshold !== undefined && threshold > 0 && <small> {texts.needs(format.percent(threshold))}</small>}
            </p>
          </div>
        )}
        {tookMs !== undefined && (
          <p class="step-time">
            {format.ms(tookMs)}
            {loadMs !== undefined && <small> {texts.loadedIn(format.ms(loadMs))}</small>}
          </p>
        )}
      </div>
    </li>
  );
}

/** Why a rung did not settle it. */
function Why({ outcome }: { readonly outcome: RungOutcome }) {
  const { texts, format } = useTexts();
  switch (outcome.kind) {
    case 'remembered':
      return <small> {texts.askedAgo(format.age(outcome.ageMs))}</small>;
    case 'unsure':
      return <small> {texts.whyUnsure[outcome.reason] ?? outcome.reason}</small>;
    case 'failed':
      return <small lang="en"> {outcome.message}</small>;
    case 'open':
    case 'accepted':
    case 'skipped':
    case 'not-needed':
      return null;
    default:
      return outcome satisfies never;
  }
}
