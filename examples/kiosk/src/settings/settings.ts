import { LANGUAGES, preferredLanguage, type Language } from '../i18n/language.js';

export const THEMES = ['system', 'light', 'dark'] as const;
export const DESKS = ['clinc150', 'banking77'] as const;
/** How sure an answer has to be. */
export const DEMANDS = ['usual', 'careful', 'certified'] as const;

export type Theme = (typeof THEMES)[number];
export type DeskId = (typeof DESKS)[number];
export type Demand = (typeof DEMANDS)[number];

/** A server that the visitor has added. */
export interface Server {
  /** The tier's id. */
  readonly id: string;
  readonly url: string;
  readonly placement: 'site' | 'cloud';
  readonly protocol: 'oip' | 'openai';
  readonly model: string;
  /** Domains that it can answer; all where it does not say. */
  readonly domains?: readonly string[];
  readonly key?: string;
}

export interface Settings {
  readonly language: Language;
  readonly theme: Theme;
  readonly desk: DeskId;
  readonly demand: Demand;
  readonly servers: readonly Server[];
  /** Whether questions that were asked before are answered from memory. */
  readonly remembers: boolean;
}

/** What was kept, as far as it makes sense: it may be of another release, or somebody's own. */
export function parseSettings(kept: string | null, languages: readonly string[]): Settings {
  const given = fieldsOf(kept);
  const { servers } = given;
  return {
    language: oneOf(LANGUAGES, given['language']) ?? preferredLanguage(languages),
    theme: oneOf(THEMES, given['theme']) ?? 'system',
    desk: oneOf(DESKS, given['desk']) ?? 'clinc150',
    demand: oneOf(DEMANDS, given['demand']) ?? 'usual',
    servers: Array.isArray(servers) ? servers.filter(isServer) : [],
    remembers: given['remembers'] !== false,
  };
}

function fieldsOf(kept: string | null): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(kept ?? '{}')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const oneOf = <T extends string>(values: readonly T[], given: unknown): T | undefined =>
  values.find((value) => value === given);

function isServer(given: unknown): given is Server {
  const { id, url, placement, protocol, model, domains, key } = Object(given) as Readonly<Record<string, unknown>>;
  const areTexts = [id, url, model, key ?? ''].every((each) => typeof each === 'string');
  const areDomains = domains === undefined || (Array.isArray(domains) && domains.every((d) => typeof d === 'string'));
  return (
    areTexts &&
    areDomains &&
    oneOf(['site', 'cloud'], placement) !== undefined &&
    oneOf(['oip', 'openai'], protocol) !== undefined
  );
}
