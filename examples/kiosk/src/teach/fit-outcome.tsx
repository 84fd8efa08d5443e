import { useEffect, useRef } from 'preact/hooks';
import { useTexts } from '../kiosk/kiosk.js';
import { DataFindings } from './data-findings.js';
import type { FitReport } from './taught.js';
import { tellDecision } from './tell-decision.js';
import type { TeachState } from './teaching.js';
import { TrialWords } from './trial-words.js';
import { useTeachTexts } from './use-teach-texts.js';

/** What a fit came to: whether it is in force and why, how good it is, and what it made of the visitor's question. */
export function FitOutcome(
  props: Extract<TeachState, { kind: 'fitted' }> & { readonly onLine: (line: number) => void },
) {
  const { report, change, onLine } = props;
  const { format, language } = useTexts();
  const texts = useTeachTexts();
  const { verdict, reason, difference } = tellDecision(report, { texts, format, language });
  const place = useRef<HTMLDivElement>(null);
  // Whoever was at the button that ended it is where it ended.
  useEffect(() => {
    if (document.activeElement === document.body) place.current?.focus();
  }, [report]);
  return (
    <div class="fit-outcome" ref={place} tabIndex={-1}>
      <div role="status">
        <p class="verdict">{verdict}</p>
        {reason !== undefined && <p>{reason}</p>}
      </div>
      {difference !== undefined && <p class="hint">{difference}</p>}
      {change && (
        <dl class="change">
          <div class="change-question">
            <dt class="quietly">{texts.question}</dt>
            <dd lang="en">{texts.asked(change.question)}</dd>
          </div>
          <div>
            <dt>{texts.before}</dt>
            <dd>
              <TrialWords trial={change.before} domain={report.domain} />
            </dd>
          </div>
          <div>
            <dt>{texts.after}</dt>
            <dd>
              <TrialWords trial={change.after} domain={report.domain} />
            </dd>
          </div>
        </dl>
      )}
      <Rungs report={report} />
      <p class="hint">
        {report.calibrated ? texts.calibrated(format.count(report.calibrated.rows)) : texts.uncalibrated}
      </p>
      <DataFindings data={report.data} onLine={onLine} />
    </div>
  );
}

function Rungs({ report: { rungs } }: { readonly report: FitReport }) {
  const { format } = useTexts();
  const texts = useTeachTexts();
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={texts.accuracy}>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.rung}</th>
            <th scope="col">{texts.accuracy}</th>
            <th scope="col">{texts.size}</th>
            <th scope="col">{texts.time}</th>
          </tr>
        </thead>
        <tbody>
          {rungs.map(({ rung, accuracy: { value, interval }, bytes, embedMs, fitMs }) => (
            <tr key={rung}>
              <th scope="row">{rung}</th>
              <td>
                {format.percent(value)}
                <small>{texts.interval(format.percent(interval[0]), format.percent(interval[1]))}</small>
              </td>
              <td>{format.bytes(bytes)}</td>
              <td>{format.ms(embedMs + fitMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
