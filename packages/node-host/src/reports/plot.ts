import { drawable, markOf, type PlotAxis, type PlotMark, type Plotter } from './plot-marks.js';

export interface PlotInput {
  /** What somebody is told who does not see it. */
  readonly label: string;
  /** Pixels, 720 x 360 without it. */
  readonly width?: number;
  readonly height?: number;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly marks: readonly PlotMark[];
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** About the width of a character, in pixels. */
const CHARACTER = 7;

/**
 * A plot as static SVG, to be put into a page: text and axes have the colour of the text around it, and the same plot has
 * the same bytes. Points that are no finite numbers, or not above 0 on a logarithmic axis, are left out.
 * @returns undefined where nothing is left to draw
 */
export async function plotSvg({
  label,
  width = 720,
  height = 360,
  x,
  y,
  marks,
}: PlotInput): Promise<string | undefined> {
  const drawn = marks.map((mark) => drawable(mark, x, y)).filter((mark) => mark !== undefined);
  if (drawn.every(({ kind }) => kind === 'rule' || kind === 'labels')) return undefined;
  // Loaded here: no command but those that draw has to wait for it.
  const [plotter, { parseHTML }] = await Promise.all([
    import('@observablehq/plot') as unknown as Promise<Plotter>,
    import('linkedom') as unknown as Promise<{ parseHTML: (html: string) => { document: unknown } }>,
  ]);
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = plotter.plot({
    document,
    width,
    height,
    marginLeft: y.values ? Math.min(260, 24 + CHARACTER * Math.max(...y.values.map(({ length }) => length))) : 64,
    marginBottom: 44,
    marginTop: 28,
    marginRight: 24,
    style: { background: 'none', fontFamily: FONT, fontSize: '12px', overflow: 'visible' },
    ariaLabel: label,
    x: { ...axisOf(x), ...(x.values && { ticks: spaced(x.values, width) }) },
    y: { ...axisOf(y), grid: !y.values },
    marks: drawn.map((mark) => markOf(mark, plotter)),
  });
  return svg.outerHTML;
}

const axisOf = ({ label, scale = 'linear', values, format }: PlotAxis): object => ({
  label,
  labelAnchor: 'center',
  labelArrow: 'none',
  ...(values ? { type: 'band', domain: values, padding: 0 } : { type: scale, nice: scale === 'linear' }),
  // As many as have room for their names.
  ...(scale === 'log' && { ticks: 4 }),
  ...(format !== undefined && { tickFormat: format }),
});

/** As many of the values as have room beside each other, evenly. */
function spaced(values: readonly string[], width: number): readonly string[] {
  const longest = Math.max(...values.map(({ length }) => length));
  const step = Math.ceil((values.length * (longest + 2) * CHARACTER) / (width * 0.75));
  return values.filter((_, index) => index % step === 0);
}
