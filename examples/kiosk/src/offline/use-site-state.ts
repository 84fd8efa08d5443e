import type { OfflineState } from '@terrace/browser-host/service-worker';
import { useEffect, useState } from 'preact/hooks';

/** A kiosk that nobody touches is registered after this. */
const IDLE_MS = 5000;

/**
 * Keeps the page for starts without a network, once there was time for it, and tells how far that is.
 * @param hasAnswered what is registered later must not slow down the first answer
 */
export function useSiteState(hasAnswered: boolean): OfflineState {
  const [state, setState] = useState<OfflineState>({});
  const [isIdle, setIdle] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIdle(true), IDLE_MS);
    return () => clearTimeout(timer);
  }, []);
  const isTime = hasAnswered || isIdle;
  useEffect(() => {
    if (!isTime || !('serviceWorker' in navigator) || !import.meta.env.PROD) return undefined;
    let end: (() => void) | undefined;
    let isOver = false;
    const begin = async (): Promise<void> => {
      const { onOfflineState } = await import('@terrace/browser-host/service-worker');
      await navigator.serviceWorker.register('sw.js');
      if (!isOver) end = onOfflineState(setState);
    };
    // Where it cannot be registered the page works as any other does.
    void begin().catch(() => undefined);
    return () => {
      isOver = true;
      end?.();
    };
  }, [isTime]);
  return state;
}
