/** How one series is told apart from others: by colour, and without it by its dashes and the shape of its points. */
export interface SeriesStyle {
  /** CSS; a page may set `--series-1` and so on for a dark background. */
  readonly color: string;
  /** Lengths of strokes and gaps; empty for a solid line. */
  readonly dash: string;
  readonly symbol: SeriesSymbol;
}

export type SeriesSymbol = 'circle' | 'square' | 'triangle' | 'diamond' | 'star' | 'cross' | 'wye';

/** Apart for every common kind of colour blindness in this order, and 3:1 or more against their background. */
export const LIGHT = [
  '#2f5fc4',
  '#b35c00',
  '#0f7f6b',
  '#b02f6f',
  '#6b55c9',
  '#4d7a1f',
  '#b3372f',
  '#1d7ba6',
  '#7a5a3a',
  '#5c626c',
];
export const DARK = [
  '#8fb0ff',
  '#f2a65a',
  '#5fd0b8',
  '#f18cc0',
  '#b9a8ff',
  '#a5d171',
  '#ff938a',
  '#71c7ee',
  '#d3ad88',
  '#b0b6c0',
];

const DASHES = ['', '7 3', '2 3', '9 3 2 3', '4 2', '12 4', '1 2', '6 2 1 2 1 2', '3 5', '10 2 3 2'];
const SYMBOLS: readonly SeriesSymbol[] = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye'];

/** @param index of the series, from 0; colours repeat after ten of them, with other shapes */
export function seriesStyle(index: number): SeriesStyle {
  const turn = index % LIGHT.length;
  return {
    color: `var(--series-${turn + 1}, ${LIGHT[turn]})`,
    dash: DASHES[turn]!,
    symbol: SYMBOLS[index % SYMBOLS.length]!,
  };
}
