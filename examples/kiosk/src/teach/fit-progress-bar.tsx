import { useId } from 'preact/hooks';
import { useTexts } from '../kiosk/kiosk.js';
import type { FitProgress } from './taught.js';
import { useTeachTexts } from './use-teach-texts.js';

/** Which stage a fit is at and how far that is, and a way out of it. */
export function FitProgressBar(props: { readonly progress: FitProgress | undefined; readonly onCancel: () => void }) {
  const { progress, onCancel } = props;
  const { format } = useTexts();
  const texts = useTeachTexts();
  const id = useId();
  const { stage = 'checking', rung, done = 0, total = 0 } = progress ?? {};
  const share = total > 0 ? Math.min(1, done / total) : undefined;
  return (
    <div class="fit-progress">
      <p id={id} role="status">
        {texts.stageOf(texts.stages[stage], rung)}
      </p>
      <div class="progress">
        <progress aria-labelledby={id} {...(share !== undefined && { value: share, max: 1 })} />
        {share !== undefined && <span aria-hidden="true">{format.percent(share)}</span>}
      </div>
      {/* What is being put in force is: a moment later it can be taken back. */}
      {stage !== 'keeping' && (
        <button type="button" class="quiet" onClick={onCancel}>
          {texts.cancel}
        </button>
      )}
    </div>
  );
}
