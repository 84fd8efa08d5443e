import { useState } from 'preact/hooks';
import { useKiosk, useTexts } from '../kiosk/kiosk.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { Failure } from '../ui/failure.js';
import { RememberSwitch } from './remember-switch.js';
import { ExportButton } from './export-button.js';
import { ImportForm } from './import-form.js';

/** What is stored: out as a file, in from a file, and away. */
export function StoragePanel() {
  const { texts } = useTexts();
  return (
    <>
      <ExportButton />
      <ImportForm />
      <RememberSwitch />
      <h3>{texts.wipe}</h3>
      <p class="hint">{texts.wipeHint}</p>
      <WipeButton />
    </>
  );
}

function WipeButton() {
  const { session } = useKiosk();
  const { texts } = useTexts();
  const [isAsking, setAsking] = useState(false);
  const [error, setError] = useState<unknown>();
  const answer = async (isYes: boolean): Promise<void> => {
    setAsking(false);
    if (!isYes) return;
    try {
      await session.close();
      const { wipe } = await import('@terrace/browser-host');
      const { left } = await wipe();
      // Settings are gone as well: the page begins as on its first day.
      if (left.length === 0) location.reload();
      else setError(new Error(left.map(({ name, reason }) => `${name}: ${reason}`).join(' ')));
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <>
      <button type="button" class="danger" onClick={() => setAsking(true)}>
        {texts.wipe}
      </button>
      {error !== undefined && <Failure error={error} />}
      {isAsking && (
        <ConfirmDialog
          title={texts.wipeAsk}
          text={texts.wipeHint}
          yes={texts.wipeYes}
          no={texts.cancel}
          onAnswer={(isYes) => void answer(isYes)}
        />
      )}
    </>
  );
}
