/** What may be shown of a text whose end is a stop string. */
export interface StopFilter {
  /** @returns what is certain not to be part of a stop string */
  push(text: string): string;
  /** Whether a stop string has come: nothing behind it, nor itself, is shown. */
  readonly isStopped: boolean;
  /** What was held back, when no more text comes. */
  end(): string;
}

/** @param stops where the text ends; the one that begins first wins */
export function createStopFilter(stops: readonly string[]): StopFilter {
  const asked = stops.filter((stop) => stop !== '');
  let held = '';
  let isStopped = false;
  return {
    get isStopped() {
      return isStopped;
    },
    push(text) {
      if (isStopped) return '';
      if (asked.length === 0) return text;
      held += text;
      const found = firstOf(held, asked);
      isStopped = found >= 0;
      const shown = held.slice(0, isStopped ? found : held.length - openTail(held, asked));
      held = isStopped ? '' : held.slice(shown.length);
      return shown;
    },
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** @returns where the first of them begins, or -1 */
function firstOf(text: string, stops: readonly string[]): number {
  let first = -1;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at >= 0 && (first < 0 || at < first)) first = at;
  }
  return first;
}

/** @returns length of the longest end of the text that one of them begins with */
function openTail(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(text.length, stop.length - 1); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
