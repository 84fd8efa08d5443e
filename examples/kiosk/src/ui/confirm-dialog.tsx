import { useEffect, useId, useRef } from 'preact/hooks';

/** Asks before something is done that cannot be taken back. The keyboard stays inside until it is answered. */
export function ConfirmDialog(props: {
  readonly title: string;
  readonly text?: string;
  readonly yes: string;
  readonly no: string;
  readonly onAnswer: (isYes: boolean) => void;
}) {
  const { title, text, yes, no, onAnswer } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const answer = (isYes: boolean): void => {
    // Closed before it is taken away, so that the keyboard goes back to where it was.
    dialog.current?.close();
    onAnswer(isYes);
  };
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onCancel={() => answer(false)}>
      <h2 id={titleId}>{title}</h2>
      {text !== undefined && <p>{text}</p>}
      <div class="actions">
        <button type="button" class="quiet" onClick={() => answer(false)}>
          {no}
        </button>
        <button type="button" class="danger" onClick={() => answer(true)}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
