import { useState } from 'preact/hooks';
import { useKiosk, useTexts } from '../kiosk/kiosk.js';
import { Failure } from '../ui/failure.js';

const FILE_NAME = 'terrace-models.tar';

type Export = { readonly kind: 'none' | 'writing' } | { readonly kind: 'failed'; readonly error: unknown };

/** Saves the models that are here as a bundle, for a device without a network. */
export function ExportButton() {
  const { session } = useKiosk();
  const { texts } = useTexts();
  const [state, setState] = useState<Export>({ kind: 'none' });
  const save = async (): Promise<void> => {
    setState({ kind: 'writing' });
    try {
      const { runtime } = await session.opened();
      const { file } = await runtime.exportBundle();
      offer(file);
      setState({ kind: 'none' });
    } catch (error) {
      setState({ kind: 'failed', error });
    }
  };
  return (
    <>
      <button type="button" class="quiet" disabled={state.kind === 'writing'} onClick={() => void save()}>
        {state.kind === 'writing' ? texts.exporting : texts.exportBundle}
      </button>
      {state.kind === 'failed' && <Failure error={state.error} />}
    </>
  );
}

/** As a click on a link to the file would. */
function offer(file: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = FILE_NAME;
  link.click();
  // The download has its own hold on the file once it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
