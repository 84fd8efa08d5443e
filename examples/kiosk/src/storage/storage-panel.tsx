import { useState } from 'preact/hooks';
import { useKiosk, useTexts } from '../kiosk/kiosk.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { Failure } from '../ui/failure.js';
import { ExportButton } from './export-button.js';
import { ImportForm } from './import-form.js';

/** What is stored: out as a file, in from a file, and away. */
export function StoragePanel() {
  const { texts } = useTexts();
  return (
    <>
      <ExportButton />
      <ImportForm />
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
      await wipe();
      // Settings are gone as well: the page begins as on its first day.
      location.reload();
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
