import { isolated } from './html-table.js';
import type { SeriesStyle, SeriesSymbol } from './palette.js';

/** About the middle of a sample 28 x 14 pixels large. */
const SHAPES: Readonly<Record<SeriesSymbol, string>> = {
  circle: 'M10.5 7a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0',
  square: 'M11 4h6v6h-6z',
  triangle: 'M14 3l4 7h-8z',
  diamond: 'M14 2l3 5l-3 5l-3-5z',
  star: 'M14 2l1.2 3.6h3.8l-3 2.3l1.1 3.7l-3.1-2.3l-3.1 2.3l1.1-3.7l-3-2.3h3.8z',
  cross: 'M12.8 3h2.4v2.8h2.8v2.4h-2.8v2.8h-2.4v-2.8h-2.8v-2.4h2.8z',
  wye: 'M12.9 11v-3.4l-3-1.7l1.2-2l2.9 1.7l2.9-1.7l1.2 2l-3 1.7v3.4z',
};

export interface LegendEntry {
  readonly name: string;
  readonly style: SeriesStyle;
  /** Points by themselves are filled. */
  readonly shows: 'line' | 'points' | 'both';
}

export function legend(entries: readonly LegendEntry[]): string {
  const items = entries.map(({ name, style: { color, dash, symbol }, shows }) => {
    const fill = shows === 'both' ? 'var(--paper)' : color;
    const line = `<path d="M0 7h28" fill="none" stroke="${color}" stroke-width="1.75" stroke-dasharray="${dash}"/>`;
    const shape = `<path d="${SHAPES[symbol]}" fill="${fill}" stroke="${color}"/>`;
    const sample = `${shows === 'points' ? '' : line}${shows === 'line' ? '' : shape}`;
    return `<li><svg width="28" height="14" aria-hidden="true">${sample}</svg>${isolated(name)}</li>`;
  });
  return `<ul class="legend">${items.join('')}</ul>`;
}
