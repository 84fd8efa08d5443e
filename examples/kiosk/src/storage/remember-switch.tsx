import { useId, useState } from 'preact/hooks';
import { useKiosk, useSettings, useTexts } from '../kiosk/kiosk.js';
import { Failure } from '../ui/failure.js';

/** Whether questions that were asked before are answered from memory. */
export function RememberSwitch() {
  const { session, settings: kept } = useKiosk();
  const { remembers } = useSettings();
  const { texts } = useTexts();
  const [error, setError] = useState<unknown>();
  const hintId = useId();
  return (
    <>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={remembers}
          aria-describedby={hintId}
          onChange={({ currentTarget: { checked } }) => {
            kept.change({ remembers: checked });
            (checked ? session.remember() : session.forget()).catch(setError);
          }}
        />
        {texts.remember}
      </label>
      <p id={hintId} class="hint">
        {texts.rememberHint}
      </p>
      {error !== undefined && <Failure error={error} />}
    </>
  );
}
