import { useTexts } from '../kiosk/kiosk.js';
import { labelName } from '../labels/label-names.js';
import { Failure } from '../ui/failure.js';
import type { Trial } from './trial.js';
import { useTeachTexts } from './use-teach-texts.js';

/** An answer in a few words, and how sure it is. */
export function TrialWords({ trial, domain }: { readonly trial: Trial; readonly domain: string }) {
  const { format } = useTexts();
  const texts = useTeachTexts();
  switch (trial.kind) {
    case 'unknown-domain':
      return <p>{texts.unknownDomain}</p>;
    case 'failed':
      return <Failure error={trial.error} />;
    case 'answered':
      return (
        <p>
          <strong>
            <Answered {...trial} domain={domain} />
          </strong>
          {trial.confidence !== undefined && (
            <small>{texts.sure(format.percent(trial.confidence), trial.path.join(' + '))}</small>
          )}
        </p>
      );
    default:
      return trial satisfies never;
  }
}

function Answered({ answer, domain }: Extract<Trial, { kind: 'answered' }> & { readonly domain: string }) {
  const { language } = useTexts();
  const texts = useTeachTexts();
  switch (answer.kind) {
    case 'answered':
      return labelName(domain, answer.label, language);
    case 'unsure':
      return texts.notSure(labelName(domain, answer.candidates[0] ?? '–', language));
    case 'out-of-scope':
      return texts.outOfScope;
    case 'unreadable':
      return texts.noScript;
    default:
      return answer satisfies never;
  }
}
