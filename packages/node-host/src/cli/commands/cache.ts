import { existsSync } from 'node:fs';
import {
  readStanding,
  type CacheStats,
  type ComparedRow,
  type ForgetAnswers,
  type ResponseCacheStore,
  type SemanticStanding,
} from '@terrace/core/cache';
import { proportion, type Proportion } from '@terrace/core';
import { cacheFileOf } from '../../cache/cache-path.js';
import { openCacheFile } from '../../cache/open-cache-file.js';
import { systemClock } from '../../system-clock.js';
import { EXIT } from '../exit-code.js';
import { bytes, percent, print, printJson, table, warn } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';

export interface CacheActionFlags extends GlobalFlags {
  readonly tag?: string;
  readonly pairs?: string;
  readonly domain?: string;
  readonly task?: string;
  /** In (0, 1). */
  readonly semanticCache?: number;
}

const ENCODER_DIGITS = 12;
/** Rows of a group that are looked at. */
const MAX_ROWS = 50_000;

/** What was compared of one kind of question. */
interface GroupStats {
  readonly task: string;
  readonly domain: string | undefined;
  /** sha256 of the encoder's weights. */
  readonly encoder: string;
  /** Computed though something alike was there, before there was a certificate, or as pairs that somebody labelled. */
  readonly compared: number;
  readonly wrongAudits: Proportion;
  /** Of its certificate; where nothing could be certified yet, how far it is. */
  readonly standing: Pick<
    SemanticStanding,
    'state' | 'rows' | 'rowsNeeded' | 'maxWrongHitRate' | 'wrongHitUpperBound' | 'coverage' | 'entriesNeeded' | 'ended'
  >;
}

/** `terrace cache stats`. */
export async function cacheStats(flags: CacheActionFlags): Promise<number> {
  return withCache(flags, NONE, async (store) => {
    const [stats, groups] = await Promise.all([store.stats(), groupStats(store)]);
    if (flags.json) printJson({ ...stats, oldestWallMs: stats.oldestWallMs ?? null, groups });
    else print([describeStats(stats), ...(groups.length > 0 ? [describeGroups(groups)] : [])].join('\n\n'));
    return EXIT.answered;
  });
}

/** `terrace cache clear`. */
export const clearCache = (flags: CacheActionFlags): Promise<number> => forget(flags, {});

/** `terrace cache invalidate --tag TAG`. */
export const invalidateCache = (flags: CacheActionFlags): Promise<number> =>
  forget(flags, flags.tag === undefined ? {} : { tag: flags.tag });

async function forget(flags: CacheActionFlags, what: ForgetAnswers): Promise<number> {
  return withCache(flags, { forgotten: 0 }, async (store) => {
    const forgotten = await store.forget(what);
    if (flags.json) printJson({ forgotten });
    else print(`forgot ${count(forgotten, 'answer')}`);
    return EXIT.answered;
  });
}

const NONE = { entries: 0, bytes: 0, oldestWallMs: null, groups: [] };

/** @param none what is said where no answer was ever kept: no file is made for a question */
async function withCache(
  flags: GlobalFlags,
  none: object,
  use: (store: ResponseCacheStore) => Promise<number>,
): Promise<number> {
  const { home } = await readSettings(flags);
  if (!existsSync(cacheFileOf(home))) {
    if (flags.json) printJson(none);
    else print('No answers are kept here: `terrace serve` keeps them, unless in memory only.');
    return EXIT.answered;
  }
  const store = openCacheFile(home, ({ message }) => warn(message));
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

async function groupStats(store: ResponseCacheStore): Promise<GroupStats[]> {
  const found: GroupStats[] = [];
  for (const group of await store.groups()) {
    const read = await readStanding(group, { store, clock: systemClock });
    // What another version of Terrace compared says nothing of hits of this one.
    if (!read) continue;
    const { task, domain, encoder, audits: _, wrongAudits: __, ...standing } = read;
    const rows = await store.compared(group, MAX_ROWS);
    const audits = rows.filter(({ kind }) => kind === 'audit');
    found.push({
      task,
      domain,
      encoder,
      compared: rows.length - audits.length,
      wrongAudits: proportion(audits.filter(isWrong).length, audits.length),
      standing,
    });
  }
  return found;
}

const isWrong = ({ right }: ComparedRow): boolean => !right;

function describeStats({ entries, bytes: size, oldestWallMs }: CacheStats): string {
  const since = oldestWallMs === undefined ? '' : `, the oldest of ${new Date(oldestWallMs).toISOString()}`;
  return `${count(entries, 'answer')} in ${bytes(size)}${since}`;
}

const describeGroups = (groups: readonly GroupStats[]): string =>
  table([
    ['questions that are alike', 'encoder', 'compared', 'audits', 'wrong', 'certificate'],
    ...groups.map(({ task, domain, encoder, compared, wrongAudits: { n, share, interval }, standing }) => [
      domain === undefined ? task : `${task} in ${domain}`,
      encoder.slice(0, ENCODER_DIGITS),
      compared.toLocaleString('en'),
      n.toLocaleString('en'),
      share === undefined ? '' : `${percent(share)} (${interval.map(percent).join(' to ')})`,
      describeStanding(standing),
    ]),
  ]);

function describeStanding(standing: GroupStats['standing']): string {
  const { state, rows, rowsNeeded, maxWrongHitRate, coverage, entriesNeeded, ended } = standing;
  switch (state) {
    case 'certified': {
      const from = entriesNeeded === undefined ? '' : `, once ${count(entriesNeeded, 'question')} are kept`;
      return `answers ${percent(coverage!)}, at most ${percent(maxWrongHitRate!)} wrong${from}`;
    }
    case 'shadow':
    case 'withdrawn':
      return [...describeEnd(ended), `shadow: ${rows.toLocaleString('en')} of ${count(rowsNeeded!, 'question')}`].join(
        '; ',
      );
    default:
      return state satisfies never;
  }
}

function describeEnd(ended: SemanticStanding['ended']): string[] {
  if (!ended) return [];
  const { reason, atWallMs, audits, wrongAudits } = ended;
  const why = {
    audits: `${wrongAudits.toLocaleString('en')} of ${count(audits, 'audit')} wrong`,
    grown: 'twice as many questions are kept',
  };
  return [`withdrawn ${new Date(atWallMs).toISOString()}: ${why[reason]}`];
}

const count = (n: number, of: string): string => `${n.toLocaleString('en')} ${n === 1 ? of : `${of}s`}`;
