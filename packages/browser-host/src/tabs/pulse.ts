import type { Clock, Random } from '@terrace/core';

/** From one question to the next at least; tabs that began together do not end together. */
const BEAT_MS = 2000;
/** So many questions without a word are an end. */
const PATIENCE = 3;

/** Looks whether somebody who is needed is still there. */
export interface Pulse {
  /** Looks from now on, until there is no need. Asked for again meanwhile it changes nothing. */
  watch(): void;
  /** There was a word from there. */
  heard(): void;
  stop(): void;
}

/**
 * @param isNeeded whether anybody waits for an answer: who needs nothing asks nothing, and no timer wakes the page
 * @param ask for a word
 * @param onSilence told when there is none
 */
export function createPulse({
  clock,
  random,
  isNeeded,
  ask,
  onSilence,
}: {
  clock: Pick<Clock, 'sleep'>;
  random: Random;
  isNeeded: () => boolean;
  ask: () => void;
  onSilence: () => void;
}): Pulse {
  let watching: AbortController | undefined;
  let unanswered = 0;

  const stop = (): void => {
    watching?.abort();
    watching = undefined;
  };
  const beat = async ({ signal }: AbortController): Promise<void> => {
    while (isNeeded() && unanswered <= PATIENCE) {
      await clock.sleep(BEAT_MS * (1 + random() / 2), signal);
      if (signal.aborted) return;
      unanswered++;
      if (unanswered <= PATIENCE && isNeeded()) ask();
    }
    const isSilent = unanswered > PATIENCE && isNeeded();
    stop();
    if (isSilent) onSilence();
  };
  return {
    watch() {
      if (watching) return;
      unanswered = 0;
      watching = new AbortController();
      void beat(watching);
    },
    heard() {
      unanswered = 0;
    },
    stop,
  };
}
