import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

/** A part of the page that one can open; what it holds is made when it is opened first. */
export function Panel(props: {
  readonly title: string;
  readonly hint?: string;
  readonly isOpen?: boolean;
  readonly children: ComponentChildren;
}) {
  const { title, hint, isOpen = false, children } = props;
  const [wasOpened, setOpened] = useState(isOpen);
  return (
    <details class="panel" open={isOpen} onToggle={(event) => event.currentTarget.open && setOpened(true)}>
      <summary>
        <h2>{title}</h2>
      </summary>
      {wasOpened && (
        <div class="panel-body">
          {hint !== undefined && <p class="hint">{hint}</p>}
          {children}
        </div>
      )}
    </details>
  );
}
