import { useKiosk, useSettings, useTexts } from '../kiosk/kiosk.js';
import { useValue } from '../state/use-value.js';
import { Failure } from '../ui/failure.js';
import { ProgressBar } from '../ui/progress-bar.js';

/** What the runtime is at until it is ready; questions may be asked meanwhile. */
export function SessionStatus() {
  const { session } = useKiosk();
  const settings = useSettings();
  const state = useValue(session.state);
  const { texts } = useTexts();
  switch (state.kind) {
    case 'opening':
      return <ProgressBar label={texts.opening} progress={undefined} />;
    case 'preparing':
      return <ProgressBar label={state.progress ? texts.preparing : texts.opening} progress={state.progress} />;
    case 'ready':
      return null;
    case 'failed':
      return (
        <div>
          <Failure title={texts.notReady} error={state.error} />
          <button type="button" class="primary" onClick={() => void session.reopen(settings)}>
            {texts.retry}
          </button>
        </div>
      );
    default:
      return state satisfies never;
  }
}
