/** Languages of the interface. The shipped models read English; what they read is said in both. */
export const LANGUAGES = ['en', 'ja'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The first language of the visitor that the page speaks, or English. */
export function preferredLanguage(tags: readonly string[]): Language {
  const bases = tags.map((tag) => tag.toLowerCase().split('-')[0]);
  return (
    LANGUAGES.find((language) => language === bases.find((base) => LANGUAGES.some((each) => each === base))) ?? 'en'
  );
}
