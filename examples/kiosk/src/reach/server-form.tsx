import { useId, useState } from 'preact/hooks';
import { useSettings, useTexts } from '../kiosk/kiosk.js';
import type { Server } from '../settings/settings.js';
import { findServer, type Refusal } from './find-server.js';
import { freeId } from './free-id.js';

type Check =
  | { readonly kind: 'none' }
  | { readonly kind: 'checking' }
  | { readonly kind: 'refused'; readonly why: Refusal }
  | { readonly kind: 'added'; readonly id: string };

const EMPTY = { address: '', key: '', model: '' };

/** Adds a server once it has answered. */
export function ServerForm({ onFound }: { readonly onFound: (server: Server) => void }) {
  const { servers } = useSettings();
  const { texts } = useTexts();
  const [wish, setWish] = useState(EMPTY);
  const [placement, setPlacement] = useState<Server['placement']>('site');
  const [check, setCheck] = useState<Check>({ kind: 'none' });
  const ids = { address: useId(), key: useId(), model: useId(), placement: useId(), problem: useId() };
  const isWrong = check.kind === 'refused';

  const look = async (): Promise<void> => {
    setCheck({ kind: 'checking' });
    const network = { fetch: fetch.bind(globalThis), isEncrypted: location.protocol === 'https:' };
    const found = await findServer(wish, network);
    if (found.kind === 'refused') return setCheck(found);
    const { kind: _, ...server } = found;
    const id = freeId(placement, servers);
    onFound({ id, placement, ...server, ...(wish.key !== '' && { key: wish.key }) });
    setWish(EMPTY);
    setCheck({ kind: 'added', id });
  };

  return (
    <form
      class="server-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (check.kind !== 'checking') void look();
      }}
    >
      <label for={ids.address}>{texts.address}</label>
      <input
        id={ids.address}
        type="url"
        inputmode="url"
        autocomplete="off"
        spellcheck={false}
        value={wish.address}
        aria-invalid={isWrong}
        aria-describedby={`${ids.address}-hint ${ids.problem}`}
        onInput={(event) => setWish({ ...wish, address: event.currentTarget.value })}
      />
      <p id={`${ids.address}-hint`} class="hint">
        {texts.addressHint}
      </p>
      <label for={ids.model}>{texts.chatModel}</label>
      <input
        id={ids.model}
        type="text"
        autocomplete="off"
        spellcheck={false}
        value={wish.model}
        onInput={(event) => setWish({ ...wish, model: event.currentTarget.value })}
      />
      <label for={ids.key}>{texts.key}</label>
      <input
        id={ids.key}
        type="password"
        autocomplete="off"
        value={wish.key}
        aria-describedby={`${ids.key}-hint`}
        onInput={(event) => setWish({ ...wish, key: event.currentTarget.value })}
      />
      <p id={`${ids.key}-hint`} class="hint">
        {texts.keyHint}
      </p>
      <label for={ids.placement}>{texts.placement}</label>
      <select
        id={ids.placement}
        value={placement}
        onChange={(event) => setPlacement(event.currentTarget.value === 'cloud' ? 'cloud' : 'site')}
      >
        <option value="site">{texts.placed.site}</option>
        <option value="cloud">{texts.placed.cloud}</option>
      </select>
      <button type="submit" class="primary">
        {check.kind === 'checking' ? texts.checking : texts.add}
      </button>
      <p id={ids.problem} class={isWrong ? 'problem' : 'hint'} role="status">
        {check.kind === 'refused' && texts[check.why]}
        {check.kind === 'added' && texts.added(check.id)}
      </p>
    </form>
  );
}
