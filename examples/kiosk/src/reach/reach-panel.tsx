import { useId } from 'preact/hooks';
import { useKiosk, useSettings, useTexts } from '../kiosk/kiosk.js';
import type { Server } from '../settings/settings.js';
import { useValue } from '../state/use-value.js';
import { Switch } from '../ui/switch.js';
import { ServerForm } from './server-form.js';

/** Servers that may be asked, and whether the network counts. */
export function ReachPanel() {
  const { session, settings: kept } = useKiosk();
  const settings = useSettings();
  const { texts } = useTexts();
  const titleId = useId();

  const change = (servers: readonly Server[]): void => {
    kept.change({ servers });
    void session.reopen({ ...settings, servers });
  };

  return (
    <>
      <OfflineSwitch />
      <h3 id={titleId}>{texts.servers}</h3>
      {settings.servers.length === 0 ? (
        <p>{texts.noServers}</p>
      ) : (
        <ul class="servers" aria-labelledby={titleId}>
          {settings.servers.map((server) => (
            <li key={server.id}>
              <span>
                <strong>{server.id}</strong> {texts.placed[server.placement]}
                <small>{server.url}</small>
              </span>
              <button
                type="button"
                class="quiet"
                onClick={() => change(settings.servers.filter(({ id }) => id !== server.id))}
              >
                {texts.remove(server.id)}
              </button>
            </li>
          ))}
        </ul>
      )}
      <ServerForm onFound={(server) => change([...settings.servers, server])} />
    </>
  );
}

function OfflineSwitch() {
  const { session } = useKiosk();
  const isOffline = useValue(session.isOffline);
  const { texts } = useTexts();
  return (
    <Switch
      label={texts.offline}
      hint={texts.offlineHint}
      checked={isOffline}
      onChange={(checked) => session.setOffline(checked)}
    />
  );
}
