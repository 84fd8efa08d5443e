import { useTexts } from '../kiosk/kiosk.js';
import { Failure } from '../ui/failure.js';
import { DataFindings } from './data-findings.js';
import { FitOutcome } from './fit-outcome.js';
import { FitProgressBar } from './fit-progress-bar.js';
import type { TeachState } from './teaching.js';
import { useTeachTexts } from './use-teach-texts.js';

/** What teaching is at, and what has come of it. */
export function TeachOutcome(props: {
  readonly state: TeachState;
  readonly onLine: (line: number) => void;
  readonly onCancel: () => void;
}) {
  const { state, onLine, onCancel } = props;
  const texts = useTeachTexts();
  switch (state.kind) {
    case 'none':
      return null;
    case 'empty':
      return <Problem words={texts.empty} />;
    case 'faulty':
      return <Faulty {...state} onLine={onLine} />;
    case 'cancelled':
      return <p role="status">{texts.cancelled}</p>;
    case 'checking':
      return <FitProgressBar progress={undefined} onCancel={onCancel} />;
    case 'checked':
      return (
        <div role="status">
          <DataFindings data={state.data} onLine={onLine} />
        </div>
      );
    case 'fitting':
      return (
        <>
          <FitProgressBar progress={state.progress} onCancel={onCancel} />
          <DataFindings data={state.data} onLine={onLine} />
        </>
      );
    case 'fitted':
      return <FitOutcome {...state} onLine={onLine} />;
    case 'failed':
      return <Failure error={state.error} />;
    default:
      return state satisfies never;
  }
}

const Problem = ({ words }: { readonly words: string }) => (
  <p class="problem" role="alert">
    {words}
  </p>
);

function Faulty(props: Extract<TeachState, { kind: 'faulty' }> & { readonly onLine: (line: number) => void }) {
  const { why, line, onLine } = props;
  const { format } = useTexts();
  const texts = useTeachTexts();
  const count = format.count(line);
  return (
    <div>
      <Problem words={texts.faulty(count, texts.faults[why])} />
      <button type="button" class="chip" onClick={() => onLine(line)}>
        {texts.goTo(count)}
      </button>
    </div>
  );
}
