/** A visitor who says nothing for so long has gone. */
export const IDLE_MS = 90_000;

const SIGNS = ['pointerdown', 'keydown', 'input', 'wheel', 'touchstart', 'scroll'] as const;

/** Calls back when nobody has touched the page for so long, once until somebody does. @returns ends it */
export function watchIdleness(page: EventTarget, idleMs: number, onIdle: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onIdle, idleMs);
  };
  for (const sign of SIGNS) page.addEventListener(sign, restart, { capture: true, passive: true });
  restart();
  return () => {
    clearTimeout(timer);
    for (const sign of SIGNS) page.removeEventListener(sign, restart, { capture: true });
  };
}
