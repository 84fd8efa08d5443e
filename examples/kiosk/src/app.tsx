import { useEffect } from 'preact/hooks';
import { QuestionForm, type Begun } from './ask/question-form.js';
import { Suggestions } from './ask/suggestions.js';
import { TurnView } from './ask/turn-view.js';
import { DevicePanel } from './device/device-panel.js';
import { IDLE_MS, watchIdleness } from './idle/idle-watch.js';
import { KioskContext, useKiosk, useSettings, useTexts, type Kiosk } from './kiosk/kiosk.js';
import { LatencyPanel } from './latency/latency-panel.js';
import { PageHeader } from './page-header.js';
import { ReachPanel } from './reach/reach-panel.js';
import { ReportPanel } from './report/report-panel.js';
import { StoragePanel } from './storage/storage-panel.js';
import { LazyPlace } from './ui/lazy-place.js';
import { Panel } from './ui/panel.js';

/** The whole page. */
export function App({ kiosk, begun }: { readonly kiosk: Kiosk; readonly begun: Begun }) {
  return (
    <KioskContext.Provider value={kiosk}>
      <Page begun={begun} />
    </KioskContext.Provider>
  );
}

function Page({ begun }: { readonly begun: Begun }) {
  const { conversation } = useKiosk();
  const { language, theme } = useSettings();
  const { texts } = useTexts();
  useEffect(() => {
    return watchIdleness(document, IDLE_MS, () => {
      conversation.clear();
      scrollTo(0, 0);
    });
  }, []);
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset['theme'] = theme;
    document.title = texts.title;
  }, [language, theme]);
  return (
    <>
      <PageHeader />
      <main>
        <QuestionForm begun={begun} />
        <TurnView />
        <Suggestions />
      </main>
      <aside aria-label={texts.settings}>
        <Panel title={texts.latency} hint={texts.latencyHint} isOpen>
          <LatencyPanel />
        </Panel>
        <Panel title={texts.chat} hint={texts.chatHint}>
          <LazyPlace load={async () => (await import('./chat/chat-panel.js')).ChatPanel} />
        </Panel>
        <Panel title={texts.device}>
          <DevicePanel />
        </Panel>
        <Panel title={texts.reach} hint={texts.reachHint}>
          <ReachPanel />
        </Panel>
        <Panel title={texts.teach} hint={texts.teachHint}>
          <LazyPlace load={async () => (await import('./teach/teach-panel.js')).TeachPanel} />
        </Panel>
        <Panel title={texts.report} hint={texts.reportHint}>
          <ReportPanel />
        </Panel>
        <Panel title={texts.storage} hint={texts.keepHint}>
          <StoragePanel />
        </Panel>
      </aside>
    </>
  );
}
