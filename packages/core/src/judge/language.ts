/** Share of letters that must be of a script the model knows, and of tokens its vocabulary knows. */
const MIN_KNOWN = 0.5;

/** Where a tag does not say. */
const DEFAULT_SCRIPT = 'Latn';

const ASCII = /^[\0-\x7f]*$/;
const LATIN_LETTER = /[a-z]/i;

/** Scripts that CLDR names as a bundle. */
const BUNDLES: Readonly<Record<string, readonly string[]>> = {
  Jpan: ['Hira', 'Kana', 'Hani'],
  Kore: ['Hang', 'Hani'],
  Hans: ['Hani'],
  Hant: ['Hani'],
};

/**
 * Whether a model of these languages can read the text at all. Word pieces of a foreign script still
 * give confident-looking scores, so this is asked before any confidence counts.
 * @param languages BCP 47 tags; `mul` reads everything
 */
export function readsScript(text: string, languages: readonly string[], known = knownLetters(languages)): boolean {
  if (languages.includes('mul')) return true;
  // Most texts are: then all letters are Latin, and need not be gone through one by one.
  if (ASCII.test(text)) return 'a'.search(known) === 0 || !LATIN_LETTER.test(text);
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return letters === 0 || (text.match(known)?.length ?? 0) / letters >= MIN_KNOWN;
}

export type ScriptReader = (text: string, languages: readonly string[]) => boolean;

/** `readsScript` that builds its expression once a language list: building takes longer than matching. */
export function createScriptReader(): ScriptReader {
  const expressions = new WeakMap<readonly string[], RegExp>();
  return (text, languages) => {
    const known = expressions.get(languages) ?? knownLetters(languages);
    expressions.set(languages, known);
    return readsScript(text, languages, known);
  };
}

/** Whether enough of the text is in the vocabulary; the two special tokens are not counted. */
export function knowsTokens({ tokens, unknownTokens }: { tokens: number; unknownTokens: number }): boolean {
  return unknownTokens <= Math.max(0, tokens - 2) * (1 - MIN_KNOWN);
}

function knownLetters(languages: readonly string[]): RegExp {
  const scripts = languages.flatMap((tag) => {
    const script = new Intl.Locale(tag).maximize().script ?? DEFAULT_SCRIPT;
    return BUNDLES[script] ?? [isScript(script) ? script : DEFAULT_SCRIPT];
  });
  // Extensions, so that marks shared by scripts, such as the Japanese long vowel sign, count as known.
  return new RegExp(scripts.map((script) => `(?=\\p{L})\\p{Script_Extensions=${script}}`).join('|'), 'gu');
}

/** A tag may name any four letters as a script; a regular expression knows only those of Unicode. */
function isScript(name: string): boolean {
  try {
    return new RegExp(`\\p{Script=${name}}`, 'u').unicode;
  } catch {
    return false;
  }
}
