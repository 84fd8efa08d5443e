/** What the card (README.md) of a model on the Hugging Face hub says in its front matter. */
export interface HubCard {
  readonly licence: string | undefined;
  readonly languages: readonly string[];
  readonly upstream: string | undefined;
}

/** A language as BCP 47 writes it; the hub also has `multilingual` and `code`, which name none. */
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;
const MAX_LANGUAGES = 200;

/**
 * Reads three fields of the front matter: `license`, `language` and `base_model`, each one value or a list.
 * The rest of YAML is not read: what is not understood is as good as absent.
 */
export function readHubCard(markdown: string): HubCard {
  const [, frontMatter = ''] = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(markdown) ?? [];
  const fields = readFields(frontMatter);
  const licence = fields.get('license')?.[0];
  return {
    licence: licence === 'other' ? (fields.get('license_name')?.[0] ?? 'other') : licence,
    languages: (fields.get('language') ?? []).filter((each) => LANGUAGE.test(each)).slice(0, MAX_LANGUAGES),
    upstream: fields.get('base_model')?.[0],
  };
}

function readFields(frontMatter: string): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  let values: string[] = [];
  for (const line of frontMatter.split(/\r?\n/)) {
    const [, key, rest = ''] = /^([A-Za-z_]+):\s*(.*)$/.exec(line) ?? [];
    const [, item] = /^\s*-\s+(.*)$/.exec(line) ?? [];
    if (key !== undefined) {
      values = inline(rest);
      fields.set(key, values);
    } else if (item !== undefined) {
      values.push(...inline(item));
    }
  }
  return fields;
}

/** `a`, `"a"` or `[a, b]`. */
function inline(text: string): string[] {
  const plain = text.replace(/\s+#.*$/, '').trim();
  const parts = plain.startsWith('[') && plain.endsWith(']') ? plain.slice(1, -1).split(',') : [plain];
  return parts.map((part) => part.trim().replace(/^(["'])(.*)\1$/, '$2')).filter((part) => part !== '');
}
