import { useEffect, useRef } from 'preact/hooks';
import { useKiosk, useSettings, useTexts } from '../kiosk/kiosk.js';
import { MEMORY } from '../climb/climb-of.js';
import { useValue } from '../state/use-value.js';
import { summaryOf, type LatencyLog } from './latency-log.js';

/** What each tier took: a chart, and the same in figures for who cannot see it. */
export function LatencyPanel() {
  const { conversation } = useKiosk();
  const log = useValue(conversation.latencies);
  const { texts, format } = useTexts();
  if (log.timings.length === 0) return <p>{texts.noLatency}</p>;
  return (
    <>
      <Chart log={log} />
      <div class="scroll" tabIndex={0} role="region" aria-label={texts.latency}>
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.tier}</th>
              <th scope="col">{texts.answers}</th>
              <th scope="col">{texts.typical}</th>
              <th scope="col">{texts.slow}</th>
            </tr>
          </thead>
          <tbody>
            {summaryOf(log).map(({ tier, count, p50Ms, p95Ms }, i) => (
              <tr key={tier}>
                <th scope="row">
                  <span class={`swatch series-${i % 4}`} aria-hidden="true" /> {tier === MEMORY ? texts.memory : tier}
                </th>
                <td>{format.count(count)}</td>
                <td>{format.ms(p50Ms)}</td>
                <td>{format.ms(p95Ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** uPlot comes when there is something to draw. */
function Chart({ log }: { readonly log: LatencyLog }) {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(log);
  const draw = useRef<(shown: LatencyLog) => void>(undefined);
  const { theme } = useSettings();
  latest.current = log;
  useEffect(() => {
    let end: (() => void) | undefined;
    let isOver = false;
    void import('./latency-chart.js').then(({ createLatencyChart }) => {
      if (isOver) return;
      const chart = createLatencyChart(place.current!);
      draw.current = chart.draw;
      end = chart.end;
      chart.draw(latest.current);
    });
    return () => {
      isOver = true;
      draw.current = undefined;
      end?.();
    };
  }, [theme]);
  useEffect(() => draw.current?.(log), [log]);
  return <div class="chart" ref={place} aria-hidden="true" />;
}
