import type { FetchProgress } from '@terrace/browser-host';
import { useId, useState } from 'preact/hooks';
import { useKiosk, useSettings, useTexts } from '../kiosk/kiosk.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { Failure } from '../ui/failure.js';
import { ProgressBar } from '../ui/progress-bar.js';
import { licenceAskedFor, type LicenceAsk } from './licence-asked-for.js';

type Import =
  | { readonly kind: 'none' | 'done' }
  | { readonly kind: 'reading'; readonly progress: FetchProgress | undefined }
  | ({ readonly kind: 'licence'; readonly file: File; readonly accepted: readonly string[] } & LicenceAsk)
  | { readonly kind: 'failed'; readonly error: unknown };

/** Brings models from a file. The runtime checks all of it before anything of it counts. */
export function ImportForm() {
  const { session } = useKiosk();
  const settings = useSettings();
  const { texts } = useTexts();
  const [state, setState] = useState<Import>({ kind: 'none' });
  const [allowUnsigned, setAllowUnsigned] = useState(false);
  const fileId = useId();

  const read = async (file: File, accepted: readonly string[]): Promise<void> => {
    setState({ kind: 'reading', progress: undefined });
    try {
      const onProgress = (progress: FetchProgress): void => setState({ kind: 'reading', progress });
      await session.importBundle(file, settings, { allowUnsigned, acceptLicences: accepted, onProgress });
      setState({ kind: 'done' });
    } catch (error) {
      const asked = licenceAskedFor(error);
      setState(asked ? { kind: 'licence', file, accepted, ...asked } : { kind: 'failed', error });
    }
  };

  return (
    <>
      <h3>
        <label for={fileId}>{texts.importBundle}</label>
      </h3>
      <p class="hint" id={`${fileId}-hint`}>
        {texts.importHint}
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={allowUnsigned}
          onChange={(event) => setAllowUnsigned(event.currentTarget.checked)}
        />
        {texts.unsigned}
      </label>
      <input
        id={fileId}
        type="file"
        aria-describedby={`${fileId}-hint`}
        disabled={state.kind === 'reading'}
        onChange={({ currentTarget: input }) => {
          const file = input.files?.[0];
          input.value = '';
          if (file) void read(file, []);
        }}
      />
      <div role="status">
        {state.kind === 'reading' && <ProgressBar label={texts.importing} progress={state.progress} />}
        {state.kind === 'done' && <p>{texts.imported}</p>}
      </div>
      {state.kind === 'failed' && <Failure error={state.error} />}
      {state.kind === 'licence' && (
        <ConfirmDialog
          title={texts.licence(state.licence, state.models)}
          yes={texts.accept}
          no={texts.cancel}
          onAnswer={(isYes) =>
            isYes ? void read(state.file, [...state.accepted, state.licence]) : setState({ kind: 'none' })
          }
        />
      )}
    </>
  );
}
