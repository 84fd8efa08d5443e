import { useEffect, useId, useState } from 'preact/hooks';
import { useTexts } from '../kiosk/kiosk.js';
import { DESKS } from '../settings/settings.js';
import { useValue } from '../state/use-value.js';
import type { Teaching } from './teaching.js';
import { useTeachTexts } from './use-teach-texts.js';

export type Choice = { readonly kind: 'known'; readonly id: string } | { readonly kind: 'new'; readonly name: string };

export const NOTHING_CHOSEN: Choice = { kind: 'new', name: '' };

/** As catalogs have it. */
export const isDomainName = (name: string): boolean =>
  name.length <= 128 && /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/.test(name);

/** What is taught: a domain that is here, or a new one. */
export function DomainChoice(props: {
  readonly teaching: Teaching;
  readonly choice: Choice;
  /** Of the field with the name, which has to be found where it is missed. */
  readonly nameId: string;
  readonly isMissed: boolean;
  readonly onChosen: (choice: Choice) => void;
}) {
  const { teaching, choice, nameId, isMissed, onChosen } = props;
  const taughtCount = useValue(teaching.changes);
  const { texts: pageTexts } = useTexts();
  const texts = useTeachTexts();
  const [known, setKnown] = useState<readonly string[]>([]);
  const selectId = useId();
  const nameOf = (id: string): string => {
    const desk = DESKS.find((each) => each === id);
    return desk === undefined ? id : pageTexts.desks[desk];
  };
  useEffect(() => {
    // What fails here fails again, and is told, when something is taught.
    teaching.domains().then(setKnown, () => undefined);
  }, [taughtCount]);
  const chosen = choice.kind === 'known' ? [choice.id] : [];
  return (
    <div class="field">
      <label for={selectId}>{texts.domain}</label>
      <select
        id={selectId}
        value={choice.kind === 'known' ? choice.id : ''}
        onChange={({ currentTarget: { value } }) =>
          onChosen(value === '' ? NOTHING_CHOSEN : { kind: 'known', id: value })
        }
      >
        <option value="">{texts.newDomain}</option>
        {[...new Set([...known, ...chosen])].map((id) => (
          <option key={id} value={id}>
            {nameOf(id)}
          </option>
        ))}
      </select>
      {choice.kind === 'new' && (
        <>
          <label for={nameId}>{texts.name}</label>
          <input
            id={nameId}
            type="text"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            value={choice.name}
            aria-invalid={isMissed}
            aria-describedby={`${nameId}-hint`}
            onInput={(event) => onChosen({ kind: 'new', name: event.currentTarget.value })}
          />
          <p id={`${nameId}-hint`} class={isMissed ? 'problem' : 'hint'} role="status">
            {isMissed ? texts.badName : texts.nameHint}
          </p>
        </>
      )}
    </div>
  );
}
