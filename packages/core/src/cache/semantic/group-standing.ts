import type { Certificate } from '../../judge/risk-control.js';
import type { Clock } from '../../ports/clock.js';
import type { ComparedRow, ResponseCacheStore } from '../../ports/response-cache.js';
import { areKept, isBroken } from '../audit/hit-watch.js';
import { answersOf, readGroup } from './group.js';
import { certifyHits } from './hit-certificate.js';
import type { SemanticEnd, SemanticStanding } from './semantic-cache.js';
import { keepNote, NEW_NOTE, readNote, readRows, type StandingNote } from './standing-note.js';

/** Rows at which certifying is tried for the first time; then at twice as many. */
const FIRST_LOOK_ROWS = 300;
/** All looks at the same rows together may be wrong with probability .05; a cache that doubles keeps to it by that too. */
const MAX_LOOKS = 5;
const LOOK_DELTA = 0.01;
/** A scope that is smaller is not held to have grown. */
const LEAST_ENTRIES = 100;
/** Audits that are remembered for the bound and the watch. */
const MAX_AUDITS = 5_000;
/** How often it is looked whether another process knows better. */
const REFRESH_MS = 10_000;

interface Ports {
  readonly store: Pick<ResponseCacheStore, 'note' | 'keepNote' | 'compare' | 'compared'>;
  readonly clock: Clock;
  readonly maxWrongHitRate: number;
}

/** How a group stands by the bound that its certificate was made for, if there is one. Nothing is changed. @throws StorageError */
export async function readStanding(
  group: string,
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
): Promise<SemanticStanding | undefined> {
  const kept: Ports['store'] = {
    note: (name) => store.note(name),
    compared: (name, limit) => store.compared(name, limit),
    keepNote: async () => undefined,
    compare: async () => undefined,
  };
  const { certified } = await readNote(kept, group, clock.wallMs());
  const standing = new GroupStanding(group, { store: kept, clock, maxWrongHitRate: certified?.maxWrongHitRate ?? 1 });
  await standing.load();
  return standing.standing();
}

/** Whether a group of questions may be answered from memory, and from which score on. */
export class GroupStanding {
  readonly #group: string;
  readonly #ports: Ports;
  #note: StandingNote = NEW_NOTE;
  #certificate: Certificate | undefined;
  #rows = 0;
  /** Newest first. */
  #audits: { readonly right: boolean }[] = [];
  #unsaved: ComparedRow[] = [];
  #refreshedAtMs: number;
  /** What was read before somebody began anew is of a certificate that is no more. */
  #beginnings = 0;
  /** Changes one after the other; never rejects. */
  #last: Promise<void> = Promise.resolve();

  constructor(group: string, ports: Ports) {
    this.#group = group;
    this.#ports = ports;
    this.#refreshedAtMs = ports.clock.nowMs();
  }

  get certificate(): Certificate | undefined {
    return this.#certificate;
  }

  get isWithdrawn(): boolean {
    return this.#note.ended?.reason === 'audits' && !this.#certificate;
  }

  standing(): SemanticStanding | undefined {
    const group = readGroup(this.#group);
    return (
      group && {
        ...group,
        state: this.#certificate ? 'certified' : this.isWithdrawn ? 'withdrawn' : 'shadow',
        rows: this.#rows,
        rowsNeeded: this.#certificate ? undefined : this.#nextLook(),
        audits: this.#audits.length,
        wrongAudits: wrongOf(this.#audits),
        maxWrongHitRate: this.#certificate && this.#ports.maxWrongHitRate,
        wrongHitUpperBound: this.#certificate?.riskUpperBound,
        coverage: this.#certificate?.coverage,
        entriesNeeded: answersOf(group.task) === 'labels' ? this.#entriesNeeded() : undefined,
        ended: this.#note.ended,
      }
    );
  }

  /** Reads what is noted, and certifies by the rows anew: a note without them is worth nothing. @throws StorageError */
  load = (): Promise<void> => this.#inTurn(() => this.#read());

  /** @throws StorageError where what it is about to save cannot be */
  async compare(row: ComparedRow): Promise<void> {
    if (!Number.isFinite(row.score)) return;
    if (row.kind === 'audit') {
      if (!this.#certificate) return;
      this.#audits = [row, ...this.#audits].slice(0, MAX_AUDITS);
      this.#unsaved.push(row);
      if (isBroken(this.#audits, this.#ports.maxWrongHitRate)) await this.#beginAnew('audits');
    } else {
      if (this.#certificate) return;
      this.#rows++;
      this.#unsaved.push(row);
      if (this.#rows >= this.#nextLook()) await this.#inTurn(() => this.#tryToCertify(row.atWallMs));
    }
    // At once: a page is left, and a kiosk switched off, without a word. What comes while it is written goes together.
    await this.save();
  }

  /**
   * Whether a scope of labels has the neighbours that the certificate was made among. With few of them they agree by
   * chance: at a hundredth of the entries, half of the hits of a certificate for 5 % were wrong.
   */
  isLargeEnough(entries: number): boolean {
    return entries >= (this.#entriesNeeded() ?? 0);
  }

  #entriesNeeded(): number | undefined {
    const entries = this.#certificate && this.#note.certified?.entries;
    return entries === undefined ? undefined : Math.ceil(entries / 2);
  }

  /**
   * A certificate is of scopes of a size: when one has doubled, audits must show that it holds.
   * @param largest entries of the largest scope, which it was made among
   * @throws StorageError
   */
  async grown(entries: number, largest: () => number): Promise<void> {
    const { certified } = this.#note;
    if (!this.#certificate || !certified) return;
    if (certified.entries === undefined) return this.#noteEntries(Math.max(largest(), LEAST_ENTRIES));
    if (entries <= 2 * certified.entries) return;
    const { maxWrongHitRate } = this.#ports;
    if (areKept(this.#audits, { maxWrongHitRate, delta: LOOK_DELTA })) return this.#noteEntries(entries);
    await this.#beginAnew('grown');
  }

  /** Hears what another process did, now and then. @throws StorageError */
  async refresh(): Promise<void> {
    const nowMs = this.#ports.clock.nowMs();
    if (nowMs - this.#refreshedAtMs < REFRESH_MS) return;
    this.#refreshedAtMs = nowMs;
    const note = await readNote(this.#ports.store, this.#group, this.#ports.clock.wallMs());
    if (JSON.stringify(note) !== JSON.stringify(this.#note)) await this.load();
  }

  /** @throws StorageError: what could not be saved is tried again with the next */
  save = (): Promise<void> => this.#inTurn(() => this.#write());

  async #read(): Promise<void> {
    const beginnings = this.#beginnings;
    await this.#write();
    const { store, clock, maxWrongHitRate } = this.#ports;
    const note = await readNote(store, this.#group, clock.wallMs());
    const { complete, audits } = await readRows(store, this.#group, note);
    if (beginnings !== this.#beginnings) return;
    const { certified } = note;
    this.#note = note;
    this.#rows = complete.length;
    const certificate =
      certified && complete.length >= certified.rows
        ? certifyHits(complete.slice(0, certified.rows), { maxWrongHitRate, delta: certified.delta })
        : undefined;
    // A process with a looser bound audits what is no hit by this one.
    const own = certificate ? audits.filter(({ score }) => score >= certificate.threshold) : audits;
    this.#audits = own.slice(0, MAX_AUDITS);
    // Whoever saw it ended before it was noted: no other certificate may be made of its rows either.
    if (isBroken(own, maxWrongHitRate)) {
      this.#forgetAll('audits');
      return keepNote(store, this.#group, this.#note);
    }
    this.#certificate = certificate;
  }

  async #write(): Promise<void> {
    const rows = this.#unsaved;
    if (rows.length === 0) return;
    this.#unsaved = [];
    try {
      await this.#ports.store.compare(rows);
    } catch (error) {
      this.#unsaved = [...rows, ...this.#unsaved].slice(-MAX_AUDITS);
      throw error;
    }
  }

  #nextLook = (): number => FIRST_LOOK_ROWS * 2 ** this.#note.looks;

  async #tryToCertify(atWallMs: number): Promise<void> {
    if (this.#certificate || this.#rows < this.#nextLook()) return;
    await this.#read();
    if (this.#certificate || this.#rows < this.#nextLook()) return;
    const { store, maxWrongHitRate } = this.#ports;
    const rows = this.#nextLook();
    const { complete } = await readRows(store, this.#group, this.#note);
    const certificate = certifyHits(complete.slice(0, rows), { maxWrongHitRate, delta: LOOK_DELTA });
    const looks = this.#note.looks + 1;
    const isOver = certificate === undefined && looks === MAX_LOOKS;
    this.#note = isOver
      ? { ...NEW_NOTE, ended: this.#note.ended, sinceWallMs: atWallMs + 1 }
      : {
          ...this.#note,
          looks,
          ...(certificate && { certified: { rows, delta: LOOK_DELTA, maxWrongHitRate, atWallMs } }),
        };
    if (isOver) this.#rows = 0;
    await keepNote(store, this.#group, this.#note);
    this.#certificate = certificate;
    this.#audits = [];
  }

  #noteEntries(entries: number): Promise<void> {
    const { certified } = this.#note;
    if (certified) this.#note = { ...this.#note, certified: { ...certified, entries } };
    return this.#inTurn(async () => {
      const { store, clock } = this.#ports;
      const noted = await readNote(store, this.#group, clock.wallMs());
      // Another process may have withdrawn it.
      if (noted.certified?.atWallMs !== certified?.atWallMs) return this.#read();
      await keepNote(store, this.#group, this.#note);
    });
  }

  /** At once in memory: nothing more is served, whatever the store does. */
  #beginAnew(reason: SemanticEnd['reason']): Promise<void> {
    this.#forgetAll(reason);
    return this.#inTurn(async () => {
      await this.#write();
      await keepNote(this.#ports.store, this.#group, this.#note);
    });
  }

  #forgetAll(reason: SemanticEnd['reason']): void {
    const atWallMs = this.#ports.clock.wallMs();
    const ended = { reason, atWallMs, audits: this.#audits.length, wrongAudits: wrongOf(this.#audits) };
    this.#beginnings++;
    this.#certificate = undefined;
    this.#rows = 0;
    this.#audits = reason === 'audits' ? this.#audits : [];
    this.#note = { ...NEW_NOTE, ended, sinceWallMs: atWallMs + 1 };
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

const wrongOf = (audits: readonly { readonly right: boolean }[]): number => audits.filter(({ right }) => !right).length;
