import { useId, useState } from 'preact/hooks';
import { Failure } from './failure.js';

/** Turns something on or off; where that fails, it says why. */
export function Switch({
  label,
  hint,
  checked,
  onChange,
}: {
  readonly label: string;
  readonly hint: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => Promise<unknown>;
}) {
  const [error, setError] = useState<unknown>();
  const hintId = useId();
  return (
    <>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={checked}
          aria-describedby={hintId}
          onChange={(event) => void onChange(event.currentTarget.checked).catch(setError)}
        />
        {label}
      </label>
      <p id={hintId} class="hint">
        {hint}
      </p>
      {error !== undefined && <Failure error={error} />}
    </>
  );
}
