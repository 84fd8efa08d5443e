import { CHAT_EN, type ChatTexts } from '../i18n/chat-en.js';
import { CHAT_JA } from '../i18n/chat-ja.js';
import type { Language } from '../i18n/language.js';
import { useSettings } from '../kiosk/kiosk.js';

const TEXTS: Readonly<Record<Language, ChatTexts>> = { en: CHAT_EN, ja: CHAT_JA };

/** Words of the chat in the language of the page. */
export const useChatTexts = (): ChatTexts => TEXTS[useSettings().language];
