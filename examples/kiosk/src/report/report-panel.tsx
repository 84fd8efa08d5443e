import type { BrowserRuntime } from '@terrace/browser-host';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useKiosk, useTexts } from '../kiosk/kiosk.js';
import { useValue } from '../state/use-value.js';
import { Facts } from '../ui/facts.js';
import { Failure } from '../ui/failure.js';
import { reportRows } from './report-rows.js';

type Report = Awaited<ReturnType<BrowserRuntime['report']>>;

/** What the records of this browser say of cost, climbs and accuracy. */
export function ReportPanel() {
  const { session, conversation } = useKiosk();
  const state = useValue(session.state);
  const { requests } = useValue(conversation.latencies);
  const { texts, format } = useTexts();
  const [report, setReport] = useState<Report>();
  const [error, setError] = useState<unknown>();

  const read = useCallback(async (): Promise<void> => {
    try {
      const { runtime } = await session.opened();
      await runtime.flush();
      setReport(await runtime.report());
      setError(undefined);
    } catch (thrown) {
      setError(thrown);
    }
  }, [session]);
  useEffect(() => {
    if (state.kind === 'ready') void read();
  }, [state.kind, requests]);

  if (error !== undefined) return <Failure error={error} />;
  if (!report) return <p>{texts.measuring}</p>;
  return (
    <>
      {report.requests === 0 ? <p>{texts.noRequests}</p> : <Facts rows={reportRows(report, { texts, format })} />}
      {report.requests > 0 && <Tiers report={report} />}
      <button type="button" class="quiet" onClick={() => void read()}>
        {texts.refresh}
      </button>
    </>
  );
}

function Tiers({ report: { tiers } }: { readonly report: Report }) {
  const { texts, format } = useTexts();
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{texts.tier}</th>
          <th scope="col">{texts.answers}</th>
          <th scope="col">{texts.share}</th>
        </tr>
      </thead>
      <tbody>
        {tiers.map(({ tier, answers }) => (
          <tr key={tier}>
            <th scope="row">{tier}</th>
            <td>{format.count(answers.count)}</td>
            <td>{format.percent(answers.share ?? 0)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
