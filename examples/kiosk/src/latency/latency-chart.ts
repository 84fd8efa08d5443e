import uPlot from 'uplot';
import { seriesOf, tiersOf, type LatencyLog } from './latency-log.js';

/** Told apart without colours as well. */
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]] as const;
const HEIGHT_TO_WIDTH = 0.5;

interface LatencyChart {
  draw(log: LatencyLog): void;
  end(): void;
}

/** A chart that is as wide as its place, in the colours of the page. */
export function createLatencyChart(place: HTMLElement): LatencyChart {
  let shown: { readonly plot: uPlot; readonly tiers: string } | undefined;
  const size = () => ({ width: place.clientWidth, height: Math.round(place.clientWidth * HEIGHT_TO_WIDTH) });
  const watch = new ResizeObserver(() => shown?.plot.setSize(size()));
  watch.observe(place);
  return {
    draw(log) {
      const tiers = tiersOf(log);
      // uPlot's type says arrays that may be changed; it changes none.
      const data = seriesOf(log, tiers) as unknown as uPlot.AlignedData;
      if (shown?.tiers === tiers.join()) {
        shown.plot.setData(data);
        return;
      }
      shown?.plot.destroy();
      shown = { plot: new uPlot(options(tiers, { place, ...size() }), data, place), tiers: tiers.join() };
    },
    end() {
      watch.disconnect();
      shown?.plot.destroy();
    },
  };
}

function options(
  tiers: readonly string[],
  { place, width, height }: { readonly place: HTMLElement; readonly width: number; readonly height: number },
): uPlot.Options {
  const style = getComputedStyle(place);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const em = Number.parseFloat(style.fontSize);
  const font = `${0.8 * em}px ${style.fontFamily}`;
  const lines = {
    stroke: colour('--muted'),
    font,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { distr: 3, log: 10 } },
    axes: [
      { ...lines, incrs: [1, 2, 5, 10, 20, 50], size: 2 * em },
      { ...lines, size: 3.6 * em, values: (_, splits) => splits.map((ms) => (isPowerOfTen(ms) ? inWords(ms) : '')) },
    ],
    series: [
      {},
      ...tiers.map((tier, i) => ({
        label: tier,
        stroke: colour(`--series-${i % DASHES.length}`),
        width: 2,
        dash: [...DASHES[i % DASHES.length]!],
        points: { show: true, size: 0.5 * em },
        spanGaps: true,
      })),
    ],
  };
}

const inWords = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);

const isPowerOfTen = (value: number): boolean => Math.abs(Math.log10(value) % 1) < 1e-9;
