import type { FetchProgress } from '@terrace/browser-host';
import { useId } from 'preact/hooks';
import { useTexts } from '../kiosk/kiosk.js';

/** How far something is, with its total once that is known. */
export function ProgressBar(props: { readonly label: string; readonly progress: FetchProgress | undefined }) {
  const { label, progress } = props;
  const { texts, format } = useTexts();
  const id = useId();
  const { doneBytes = 0, totalBytes = 0 } = progress ?? {};
  return (
    <div class="progress">
      <label for={id}>{label}</label>
      <progress id={id} {...(totalBytes > 0 && { value: doneBytes, max: totalBytes })} />
      {totalBytes > 0 && <span>{texts.ofBytes(format.bytes(doneBytes), format.bytes(totalBytes))}</span>}
    </div>
  );
}
