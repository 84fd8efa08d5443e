import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useTexts } from '../kiosk/kiosk.js';
import { useValue } from '../state/use-value.js';
import { Failure } from '../ui/failure.js';
import { isDomainName } from './domain-choice.js';
import type { Revision, Revisions } from './taught.js';
import type { Teaching } from './teaching.js';
import { useTeachTexts } from './use-teach-texts.js';

const NONE: Revisions = { revisions: [], inForce: undefined };

/** Every version of a domain that was taught here: which is in use, and ways to another one. */
export function RevisionList({ teaching, domain }: { readonly teaching: Teaching; readonly domain: string }) {
  const changes = useValue(teaching.changes);
  const texts = useTeachTexts();
  const [kept, setKept] = useState(NONE);
  const [hasChanged, setChanged] = useState(false);
  const [error, setError] = useState<unknown>();
  const place = useRef<HTMLElement>(null);
  const titleId = useId();

  useEffect(() => {
    setError(undefined);
    setChanged(false);
    setKept(NONE);
  }, [domain]);
  useEffect(() => {
    if (!isDomainName(domain)) return undefined;
    let isOver = false;
    teaching.revisions(domain).then(
      (found) => isOver || setKept(found),
      (thrown: unknown) => isOver || setError(thrown),
    );
    return () => void (isOver = true);
  }, [domain, changes]);

  // The button that was pressed may have gone: the keyboard goes on from here.
  useEffect(() => {
    if (hasChanged && document.activeElement === document.body) place.current?.focus();
  }, [kept]);

  const change = async (work: Promise<void>): Promise<void> => {
    setChanged(false);
    try {
      await work;
      setError(undefined);
      setChanged(true);
    } catch (thrown) {
      setError(thrown);
    }
  };
  const { revisions, inForce } = kept;
  return (
    <section ref={place} class="revisions" tabIndex={-1} aria-labelledby={titleId}>
      <h3 id={titleId}>{texts.revisions}</h3>
      {revisions.length === 0 ? (
        <p class="hint">{texts.noRevisions}</p>
      ) : (
        <ul class="servers">
          {revisions.map((revision) => (
            <RevisionItem
              key={revision.id}
              revision={revision}
              isInForce={revision.id === inForce}
              onUse={() => void change(teaching.use(domain, revision.id))}
            />
          ))}
        </ul>
      )}
      {revisions.length > 0 && inForce === undefined && <p class="hint">{texts.shipped}</p>}
      {inForce !== undefined && (
        <button type="button" class="quiet" onClick={() => void change(teaching.goBack(domain))}>
          {texts.goBack}
        </button>
      )}
      <p role="status">{hasChanged && texts.wentBack}</p>
      {error !== undefined && <Failure error={error} />}
    </section>
  );
}

function RevisionItem(props: { readonly revision: Revision; readonly isInForce: boolean; readonly onUse: () => void }) {
  const { revision, isInForce, onUse } = props;
  const { format, language } = useTexts();
  const texts = useTeachTexts();
  const id = useId();
  const made = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
  const labels = Math.max(0, ...revision.deltas.map((delta) => delta.labels.length));
  return (
    <li aria-current={isInForce ? 'true' : undefined}>
      <span id={id}>
        <strong>{made.format(revision.madeAtWallMs)}</strong> {isInForce && <span class="badge">{texts.inForce}</span>}
        <small>
          {texts.origins[revision.origin]} · {texts.labels(format.count(labels))}
        </small>
      </span>
      {!isInForce && (
        <button type="button" class="quiet" aria-describedby={id} onClick={onUse}>
          {texts.useThis}
        </button>
      )}
    </li>
  );
}
