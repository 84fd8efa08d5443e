import type { Language } from '../i18n/language.js';
import { BANKING77 } from './banking77.js';
import { CLINC150 } from './clinc150.js';

/** English and Japanese, by label. */
export type LabelNames = Readonly<Record<string, readonly [en: string, ja: string]>>;

const NAMES: Readonly<Record<string, LabelNames>> = { banking77: BANKING77, clinc150: CLINC150 };

/** A label in words; one that nobody has named, as of a domain that was imported, without its underscores. */
export function labelName(domain: string, label: string, language: Language): string {
  const names = NAMES[domain]?.[label];
  if (!names) return label.replaceAll('_', ' ');
  return names[language === 'en' ? 0 : 1];
}
