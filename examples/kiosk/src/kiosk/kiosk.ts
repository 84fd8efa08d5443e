import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { Conversation } from '../ask/conversation.js';
import { createFormat, type Format } from '../i18n/format.js';
import { EN, type Texts } from '../i18n/en.js';
import { JA } from '../i18n/ja.js';
import type { Language } from '../i18n/language.js';
import { Session } from '../runtime/session.js';
import { KeptSettings } from '../settings/kept-settings.js';
import type { Settings } from '../settings/settings.js';
import { useValue } from '../state/use-value.js';

/** All that the page is made of beside what is drawn. */
export interface Kiosk {
  readonly settings: KeptSettings;
  readonly session: Session;
  readonly conversation: Conversation;
}

export function createKiosk(): Kiosk {
  const session = new Session();
  return { settings: new KeptSettings(), session, conversation: new Conversation(session) };
}

export const KioskContext = createContext<Kiosk | undefined>(undefined);

/** @throws Error outside of the page */
export function useKiosk(): Kiosk {
  const kiosk = useContext(KioskContext);
  if (!kiosk) throw new Error('a component of the page is drawn outside of it');
  return kiosk;
}

export const useSettings = (): Settings => useValue(useKiosk().settings);

const TEXTS: Readonly<Record<Language, Texts>> = { en: EN, ja: JA };
const FORMATS: Readonly<Record<Language, Format>> = { en: createFormat('en'), ja: createFormat('ja') };

/** Words and numbers in the language of the page. */
export function useTexts(): { readonly texts: Texts; readonly format: Format; readonly language: Language } {
  const { language } = useSettings();
  return { texts: TEXTS[language], format: FORMATS[language], language };
}
