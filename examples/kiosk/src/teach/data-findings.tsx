import { useTexts } from '../kiosk/kiosk.js';
import type { DataReport } from './taught.js';
import { tellFinding, tellLines } from './tell-finding.js';
import { useTeachTexts } from './use-teach-texts.js';

const MOST_SHOWN = 12;

/** What the data gate has found, with a way to each line. */
export function DataFindings({ data, onLine }: { readonly data: DataReport; readonly onLine: (line: number) => void }) {
  const { format } = useTexts();
  const texts = useTeachTexts();
  const { rows, labels, findings, leftOut } = data;
  const more = findings.length - MOST_SHOWN;
  return (
    <div class="findings">
      <p>
        {texts.counted(format.count(rows), format.count(labels))} {findings.length === 0 ? texts.clean : texts.findings}
      </p>
      {findings.length > 0 && (
        <ul>
          {findings.slice(0, MOST_SHOWN).map((finding) => {
            const { sentence, line } = tellFinding(finding, { texts, format });
            return (
              <li key={sentence}>
                <span>{sentence}</span>
                {line !== undefined && (
                  <button type="button" class="chip" onClick={() => onLine(line)}>
                    {texts.goTo(format.count(line))}
                  </button>
                )}
              </li>
            );
          })}
        </ul>
      )}
      {more > 0 && <p>{texts.moreFindings(format.count(more))}</p>}
      {leftOut.lines.length > 0 && <p>{texts.leftOut(tellLines(leftOut.lines, { texts, format }))}</p>}
    </div>
  );
}
