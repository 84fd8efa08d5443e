import type { SeriesStyle } from './palette.js';

/** One axis. Where it has `values` it is made of those in their order; otherwise it is of numbers. */
export interface PlotAxis {
  readonly label: string;
  readonly scale?: 'linear' | 'log';
  readonly values?: readonly string[];
  /** How ticks are written, as d3-format has it, e.g. `%`, `~s`. */
  readonly format?: string;
}

export type PlotMark =
  | { readonly kind: 'line'; readonly style: SeriesStyle; readonly points: readonly PlotPoint[] }
  /** Filled from `low` to `high`. */
  | {
      readonly kind: 'band';
      readonly style: SeriesStyle;
      readonly points: readonly { readonly x: number; readonly low: number; readonly high: number }[];
    }
  | {
      readonly kind: 'dots';
      readonly style: SeriesStyle;
      readonly points: readonly (PlotPoint & { readonly title?: string })[];
      /** Filled ones stand out. */
      readonly filled: boolean;
    }
  /** Named points. */
  | { readonly kind: 'labels'; readonly points: readonly (PlotPoint & { readonly text: string })[] }
  /** A line through the whole plot where x or y has this value, dashed, with its name. */
  | { readonly kind: 'rule'; readonly axis: 'x' | 'y'; readonly at: number; readonly text: string }
  /** On axes with values: the stronger the higher the share in [0, 1]. */
  | {
      readonly kind: 'cells';
      readonly style: SeriesStyle;
      readonly cells: readonly { readonly x: string; readonly y: string; readonly share: number }[];
    };

export interface PlotPoint {
  readonly x: number;
  readonly y: number;
}

/** Of Observable Plot what is used here: its own types name a DOM, which Node has not. */
export interface Plotter {
  readonly plot: (options: object) => { readonly outerHTML: string };
  readonly line: MakeMark;
  readonly areaY: MakeMark;
  readonly dot: MakeMark;
  readonly text: MakeMark;
  readonly cell: MakeMark;
  readonly ruleX: MakeMark;
  readonly ruleY: MakeMark;
}
type MakeMark = (data: readonly unknown[], options: object) => unknown;

/** The colour of the page's text, or black where a plot stands alone. */
const INK = 'currentColor';
const LEAST_OPACITY = 0.15;

/** What of a mark can be drawn; undefined where nothing is left. */
export function drawable(mark: PlotMark, x: PlotAxis, y: PlotAxis): PlotMark | undefined {
  const onX = (value: number): boolean => isOn(x, value);
  const onY = (value: number): boolean => isOn(y, value);
  const some = <T extends PlotMark, P>(points: readonly P[], made: (points: readonly P[]) => T): T | undefined =>
    points.length > 0 ? made(points) : undefined;
  switch (mark.kind) {
    case 'line':
    case 'dots':
      return some(
        mark.points.filter((point) => onX(point.x) && onY(point.y)),
        (points) => ({ ...mark, points }),
      );
    case 'labels':
      return some(
        mark.points.filter((point) => onX(point.x) && onY(point.y)),
        (points) => ({ ...mark, points }),
      );
    case 'band':
      return some(
        mark.points.filter((point) => onX(point.x) && onY(point.low) && onY(point.high)),
        (points) => ({ ...mark, points }),
      );
    case 'cells':
      return some(
        mark.cells.filter(({ share }) => Number.isFinite(share)),
        (cells) => ({ ...mark, cells }),
      );
    case 'rule':
      return isOn(mark.axis === 'x' ? x : y, mark.at) ? mark : undefined;
    default:
      return mark satisfies never;
  }
}

const isOn = ({ scale }: PlotAxis, value: number): boolean => Number.isFinite(value) && (scale !== 'log' || value > 0);

export function markOf(mark: PlotMark, plotter: Plotter): unknown {
  switch (mark.kind) {
    case 'line':
      return plotter.line(mark.points, {
        x: 'x',
        y: 'y',
        stroke: mark.style.color,
        strokeWidth: 1.75,
        strokeDasharray: mark.style.dash || undefined,
      });
    case 'band':
      return plotter.areaY(mark.points, { x: 'x', y1: 'low', y2: 'high', fill: mark.style.color, fillOpacity: 0.14 });
    case 'dots':
      return plotter.dot(mark.points, {
        x: 'x',
        y: 'y',
        r: mark.filled ? 5 : 3.5,
        symbol: mark.style.symbol,
        stroke: mark.style.color,
        fill: mark.filled ? mark.style.color : 'none',
        title: 'title',
      });
    case 'labels':
      return plotter.text(mark.points, { x: 'x', y: 'y', text: 'text', dy: -12, fill: INK });
    case 'cells':
      return plotter.cell(mark.cells, {
        x: 'x',
        y: 'y',
        fill: mark.style.color,
        // A small share is to be seen as well.
        fillOpacity: {
          value: ({ share }: (typeof mark.cells)[number]) => LEAST_OPACITY + (1 - LEAST_OPACITY) * share,
          scale: null,
        },
        inset: 0.5,
        title: ({ x, y, share }: (typeof mark.cells)[number]) => `${y}, ${x}: ${(share * 100).toFixed(1)} %`,
      });
    case 'rule':
      return ruleOf(mark, plotter);
    default:
      return mark satisfies never;
  }
}

function ruleOf({ axis, at, text }: Extract<PlotMark, { kind: 'rule' }>, plotter: Plotter): unknown {
  const line = { stroke: INK, strokeOpacity: 0.6, strokeDasharray: '5 4' };
  const name = { text: () => text, fill: INK, fillOpacity: 0.85, fontSize: 11 };
  if (axis === 'x')
    return [
      plotter.ruleX([at], line),
      plotter.text([at], { ...name, x: (value: number) => value, frameAnchor: 'top', dy: -16 }),
    ];
  return [
    plotter.ruleY([at], line),
    plotter.text([at], { ...name, y: (value: number) => value, frameAnchor: 'right', textAnchor: 'end', dy: -7 }),
  ];
}
