import type { Caches, TextGraph } from '../graph/text-graph.js';
import { beginsWith, type PrefixCache } from '../kv/prefix-cache.js';
import type { ChunkPace } from './chunk-pace.js';
import type { JobRun } from './job-run.js';
import { choosePlaces, SHARE_MS } from './places.js';
import type { RowRoom, RowRooms } from './row-rooms.js';
import type { Sequence } from './sequence.js';

/** What was written for somebody who left is kept if it is so much: less is read again sooner than copied. */
const LEAST_WRITTEN = 16;
/** Caches whose memory is at most so much larger than what they hold are kept as they are. */
const MOST_LOOSE = 1.5;
/** Answers that take turns at one place. */
const MOST_SHARES = 2;

interface Row<C extends Caches> {
  readonly run: JobRun<C>;
  readonly sequence: Sequence;
  readonly room: RowRoom;
  /** Of a row that is not among the others. */
  own: C | undefined;
  /** Since when it has its place. */
  placedMs: number;
}

export interface RowBatchOptions<C extends Caches> {
  readonly graph: TextGraph<C>;
  readonly prefixes: PrefixCache<C>;
  readonly rooms: RowRooms;
  /** Told how long a token takes. */
  readonly pace: ChunkPace;
  readonly nowMs: () => number;
  readonly yieldToMessages: () => Promise<void>;
}

/** The answers that are written, side by side: rows join and leave, those without credit or memory wait beside. */
export class RowBatch<C extends Caches> {
  readonly #graph: TextGraph<C>;
  readonly #prefixes: PrefixCache<C>;
  readonly #rooms: RowRooms;
  readonly #pace: ChunkPace;
  readonly #nowMs: () => number;
  readonly #yieldToMessages: () => Promise<void>;
  /** In the order of the rows of `#caches`. */
  #inside: Row<C>[] = [];
  /** Longest waiting first. */
  #beside: Row<C>[] = [];
  #caches: C | undefined;
  #ids = new Int32Array(0);

  constructor({ graph, prefixes, rooms, pace, nowMs, yieldToMessages }: RowBatchOptions<C>) {
    this.#graph = graph;
    this.#prefixes = prefixes;
    this.#rooms = rooms;
    this.#pace = pace;
    this.#nowMs = nowMs;
    this.#yieldToMessages = yieldToMessages;
  }

  /** Rows that are run, or would be if they had place and memory. */
  get going(): number {
    return this.#inside.filter(isGoing).length + this.#beside.filter(isGoing).length;
  }

  /** Whether one more may begin that has waited so long. */
  hasPlace(reading: number, waitedMs: number): boolean {
    const { maxRows } = this.#graph;
    return this.going + reading < (waitedMs < SHARE_MS ? maxRows : maxRows * MOST_SHARES);
  }

  /** @param caches of one row, everything before the sequence's last token; they are the batch's from here on */
  join(run: JobRun<C>, sequence: Sequence, room: RowRoom, caches: C): void {
    this.#beside.push({ run, sequence, room, own: caches, placedMs: 0 });
  }

  /**
   * One token for every row that may have one.
   * @returns whether there was any
   */
  async step(nowMs: number): Promise<boolean> {
    this.#regroup(nowMs);
    const rows = this.#inside;
    if (rows.length === 0 || !this.#caches || !rows.every(isReady)) return false;
    if (this.#ids.length !== rows.length) this.#ids = new Int32Array(rows.length);
    for (const [r, { sequence }] of rows.entries()) this.#ids[r] = sequence.token;
    const caches = this.#caches;
    this.#caches = undefined;
    const startMs = this.#nowMs();
    const step = await this.#graph.run({ ids: this.#ids, columns: 1, caches, keep: false, logits: 'last' });
    this.#caches = step.caches;
    this.#pace.sawAnswers(this.#nowMs() - startMs);
    // What came during the run is heard first: nothing is chosen for those who have left, and others are answered sooner.
    await this.#yieldToMessages();
    const { vocabulary } = this.#graph;
    for (const [r, { run, sequence }] of rows.entries()) {
      if (isOver(run, sequence)) continue;
      run.spend();
      try {
        sequence.take(step.logits.subarray(r * vocabulary, (r + 1) * vocabulary));
      } catch (error) {
        run.fail(error);
      }
    }
    return true;
  }

  /**
   * What is behind answers that are over is where the next turns of their chats begin.
   * @param next is read first: then nothing is kept yet but what it begins with, as each is a copy that it would wait for
   */
  keepEnded(next?: Int32Array): void {
    const isTimely = (row: Row<C>, at: number): boolean =>
      isOver(row.run, row.sequence) && (next === undefined || beginsWith(next, this.#idsOf(row, at)));
    const inside = [...this.#inside];
    for (const [at, row] of inside.entries()) if (isTimely(row, at)) this.#keep(row, at);
    const ended = new Set(this.#beside.filter((row) => isTimely(row, 0)));
    for (const row of ended) this.#keep(row, 0);
    this.#beside = this.#beside.filter((row) => !ended.has(row));
  }

  release(): void {
    this.#caches?.release();
    for (const { own } of this.#beside) own?.release();
    this.#caches = undefined;
    this.#inside = [];
    this.#beside = [];
  }

  /** Who is over leaves; who may not go on leaves, too, as soon as others do; who may joins. */
  #regroup(nowMs: number): void {
    const rows = [...this.#inside, ...this.#beside];
    const runs = new Set(rows.map(({ run }) => run));
    for (const run of runs) run.mayGo(nowMs);
    for (const row of rows) if (isGoing(row)) this.#rooms.grow(row.room, row.sequence.positions);
    const { leaving, joining } = choosePlaces({
      inside: this.#inside.filter(isReady),
      waiting: this.#beside.filter(isReady),
      nowMs,
      fits: (some) => some.length <= this.#graph.maxRows && this.#rooms.haveRoom(some.map(({ room }) => room)),
    });
    const anyGoes = rows.some(isReady);
    for (const row of this.#inside) {
      const mayStay = isReady(row) ? !leaving.includes(row) : !anyGoes;
      if (!mayStay && !isOver(row.run, row.sequence)) this.#setAside(row);
    }
    this.keepEnded();

    const order = this.#inside.map((row, index) => ({ row, index }));
    for (let i = order.length - 1; i >= 0; i--) {
      const { row } = order[i]!;
      if (!isOver(row.run, row.sequence) && row.own === undefined) continue;
      // The last one takes its place: nobody else has to move.
      const last = order.pop()!;
      if (i < order.length) order[i] = last;
    }
    if (order.length === this.#inside.length && joining.length === 0) return;
    for (const row of joining) row.placedMs = nowMs;
    this.#arrange(order, joining);
  }

  /** Has its part of the caches for itself, copied where it is not alone in them: the batch goes on without it. */
  #setAside(row: Row<C>): void {
    const caches = this.#caches!;
    if (caches.rows > 1) row.own = this.#graph.gather([{ caches, row: this.#inside.indexOf(row) }], true);
    else {
      row.own = caches;
      this.#caches = undefined;
    }
    this.#beside.push(row);
  }

  #keep(row: Row<C>, at: number): void {
    const { run, sequence, own } = row;
    const isWhole = sequence.choice !== undefined && sequence.choice.finishReason !== 'cancelled';
    const isWorthIt =
      run.error === undefined && run.job.generation.n === 1 && (isWhole || sequence.tokens >= LEAST_WRITTEN);
    const ids = isWorthIt ? this.#idsOf(row, at) : undefined;
    if (ids && own) this.#prefixes.keep(ids, own);
    else if (ids && this.#prefixes.wants(ids)) this.#prefixes.keep(ids, this.#parted(this.#caches!, at));
    else own?.release();
  }

  /** What its caches hold. */
  #idsOf({ sequence, own }: Row<C>, at: number): Int32Array {
    return sequence.beginning((own ?? this.#caches!).lengths[at]!);
  }

  /** One row of the batch's caches: all of them where nobody else is in them, as a long chat takes long to copy. */
  #parted(caches: C, at: number): C {
    const tightBytes = caches.lengths[at]! * this.#graph.bytesPerToken;
    if (caches.rows > 1 || caches.bytes > MOST_LOOSE * tightBytes)
      return this.#graph.gather([{ caches, row: at }], true);
    this.#caches = undefined;
    this.#inside = [];
    return caches;
  }

  #arrange(staying: readonly { readonly row: Row<C>; readonly index: number }[], joining: readonly Row<C>[]): void {
    const before = this.#caches;
    const first = joining[0];
    if (staying.length === 0) before?.release();
    if (staying.length === 0 && joining.length <= 1) this.#caches = first?.own;
    else {
      const places = [
        ...staying.map(({ index }) => ({ caches: before!, row: index })),
        ...joining.map(({ own }) => ({ caches: own!, row: 0 })),
      ];
      this.#caches = this.#graph.gather(places, false);
    }
    this.#inside = [...staying.map(({ row }) => row), ...joining];
    for (const row of joining) row.own = undefined;
    this.#beside = this.#beside.filter((row) => !joining.includes(row));
  }
}

const isOver = <C extends Caches>(run: JobRun<C>, sequence: Sequence): boolean =>
  run.isGone || run.error !== undefined || sequence.choice !== undefined;

const isGoing = <C extends Caches>({ run, sequence }: Row<C>): boolean =>
  !isOver(run, sequence) && run.pausedMs === undefined;

/** Whether there is memory for its next token as well. */
const isReady = <C extends Caches>(row: Row<C>): boolean => isGoing(row) && row.sequence.positions <= row.room.tokens;
