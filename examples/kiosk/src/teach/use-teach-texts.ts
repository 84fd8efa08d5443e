import type { Language } from '../i18n/language.js';
import { TEACH_EN, type TeachTexts } from '../i18n/teach-en.js';
import { TEACH_JA } from '../i18n/teach-ja.js';
import { useSettings } from '../kiosk/kiosk.js';

const TEXTS: Readonly<Record<Language, TeachTexts>> = { en: TEACH_EN, ja: TEACH_JA };

/** Words of the panel in the language of the page. */
export const useTeachTexts = (): TeachTexts => TEXTS[useSettings().language];
