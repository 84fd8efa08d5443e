import { useKiosk, useSettings, useTexts } from './kiosk/kiosk.js';
import { useSiteState } from './offline/use-site-state.js';
import { LANGUAGES } from './i18n/language.js';
import { SessionStatus } from './runtime/session-status.js';
import { THEMES, type Theme } from './settings/settings.js';
import { useValue } from './state/use-value.js';
import { Icon } from './ui/icon.js';

/** The name of the page, what it is at, and its looks. */
export function PageHeader() {
  const { texts } = useTexts();
  return (
    <header>
      <a class="skip" href="#question">
        {texts.skip}
      </a>
      <div class="brand">
        <Icon name="steps" />
        <div>
          <h1>{texts.title}</h1>
          <p>{texts.tagline}</p>
        </div>
      </div>
      <Looks />
      <div class="now">
        <div class="session" role="status">
          <SessionStatus />
        </div>
        <Badges />
      </div>
    </header>
  );
}

function Looks() {
  const { settings: kept } = useKiosk();
  const { language, theme } = useSettings();
  const { texts } = useTexts();
  return (
    <div class="looks">
      <label>
        <span class="quietly">{texts.language}</span>
        <select
          value={language}
          onChange={({ currentTarget: { value } }) => {
            kept.change({ language: LANGUAGES.find((each) => each === value) ?? 'en' });
          }}
        >
          {LANGUAGES.map((each) => (
            <option key={each} value={each} lang={each}>
              {texts.languages[each]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="quietly">{texts.theme}</span>
        <select
          value={theme}
          onChange={({ currentTarget: { value } }) => {
            kept.change({ theme: THEMES.find((each) => each === value) ?? ('system' satisfies Theme) });
          }}
        >
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {texts.themes[each]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Badges() {
  const { session, conversation } = useKiosk();
  const role = useValue(session.role);
  const isOffline = useValue(session.isOffline);
  const turn = useValue(conversation.turn);
  const { texts } = useTexts();
  const { version, pageVersion } = useSiteState(turn.kind === 'answered');
  const isOutdated = version !== undefined && pageVersion !== undefined && version !== pageVersion;
  return (
    <div class="badges" role="status">
      {role === 'leads' && (
        <span class="badge" title={texts.leadsHint}>
          {texts.leads}
        </span>
      )}
      {role === 'follows' && (
        <span class="badge" title={texts.followsHint}>
          {texts.follows}
        </span>
      )}
      {isOffline && <span class="badge strong">{texts.networks.offline}</span>}
      {version !== undefined && !isOutdated && <span class="badge">{texts.readyOffline}</span>}
      {isOutdated && (
        <span class="badge strong">
          {texts.update}{' '}
          <button type="button" onClick={() => location.reload()}>
            {texts.reload}
          </button>
        </span>
      )}
    </div>
  );
}
