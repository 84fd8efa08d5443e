import type { Caches } from '@terrace/core/generate';
import { capacityFor, copyRow, floatsOf, spread, type KvLayout } from './kv-memory.js';
import type { MemoryPool } from './memory-pool.js';

type Shape = Pick<KvLayout, 'tensors' | 'heads' | 'headDim'>;

/** One row of some caches. */
export interface CachedRow {
  readonly caches: NodeCaches;
  readonly row: number;
}

/** Keys and values in a piece of pooled memory, which a run writes into. */
export class NodeCaches implements Caches {
  readonly #pool: MemoryPool;
  #memory: Float32Array;
  #layout: KvLayout;
  #lengths: number[];
  #isGone = false;

  private constructor(pool: MemoryPool, memory: Float32Array, layout: KvLayout, lengths: number[]) {
    this.#pool = pool;
    this.#memory = memory;
    this.#layout = layout;
    this.#lengths = lengths;
  }

  /** Of one row without tokens. */
  static empty(pool: MemoryPool, shape: Shape): NodeCaches {
    return NodeCaches.#fresh(pool, { ...shape, room: 1, capacity: capacityFor(1) }, [0]);
  }

  /** Copies of rows, side by side. */
  static of(pool: MemoryPool, rows: readonly CachedRow[], maxRows: number): NodeCaches {
    const { tensors, heads, headDim } = rows[0]!.caches.layout;
    const lengths = rows.map(({ caches, row }) => caches.lengths[row]!);
    const layout = { tensors, heads, headDim, room: roomFor(rows.length, maxRows), capacity: needed(lengths) };
    const made = NodeCaches.#fresh(pool, layout, lengths);
    rows.forEach((from, row) => made.#copyFrom(from, row));
    return made;
  }

  static #fresh(pool: MemoryPool, layout: KvLayout, lengths: number[]): NodeCaches {
    return new NodeCaches(pool, pool.take(floatsOf(layout)), layout, lengths);
  }

  get rows(): number {
    return this.#lengths.length;
  }

  get lengths(): readonly number[] {
    return this.#lengths;
  }

  /** All of its memory: what is not laid out in it is of no use to others either. */
  get bytes(): number {
    return this.#memory.byteLength;
  }

  get memory(): Float32Array {
    return this.#memory;
  }

  get layout(): KvLayout {
    return this.#layout;
  }

  /** Whether it was released, or handed on: then nothing may be done with it. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** The same rows as other caches; these are gone. */
  handOn(lengths: readonly number[] = this.#lengths): NodeCaches {
    this.#isGone = true;
    return new NodeCaches(this.#pool, this.#memory, this.#layout, [...lengths]);
  }

  /** Makes room for more positions or rows. */
  widen({ tokens, rows, maxRows }: { tokens: number; rows: number; maxRows: number }): void {
    const { capacity, room } = this.#layout;
    if (tokens <= capacity && rows <= room) return;
    const layout = {
      ...this.#layout,
      capacity: tokens > capacity ? capacityFor(tokens) : capacity,
      room: rows > room ? roomFor(rows, maxRows) : room,
    };
    if (floatsOf(layout) <= this.#memory.length) {
      spread(this.#memory, this.#layout, layout, this.#lengths);
    } else {
      const memory = this.#pool.take(floatsOf(layout));
      this.#lengths.forEach((tokensOfRow, row) =>
        copyRow({ memory: this.#memory, layout: this.#layout, row }, { memory, layout, row }, tokensOfRow),
      );
      this.#pool.give(this.#memory);
      this.#memory = memory;
    }
    this.#layout = layout;
  }

  /**
   * Puts rows side by side in this memory: those that stay where they are cost nothing.
   * @returns undefined where they would write over each other, or would lie much too loosely; then nothing was done
   */
  rearranged(rows: readonly CachedRow[], maxRows: number): NodeCaches | undefined {
    const isOverwritten = rows.some(
      ({ caches, row }, at) => caches === this && row < at && !stays(rows[row], this, row),
    );
    const lengths = rows.map(({ caches, row }) => caches.lengths[row]!);
    if (isOverwritten || this.#layout.capacity > 2 * needed(lengths)) return undefined;
    this.widen({ tokens: Math.max(...lengths), rows: rows.length, maxRows });
    rows.forEach((from, row) => {
      if (!stays(from, this, row)) this.#copyFrom(from, row);
    });
    return this.handOn(lengths);
  }

  release(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#pool.give(this.#memory);
  }

  #copyFrom({ caches, row }: CachedRow, to: number): void {
    copyRow(
      { memory: caches.memory, layout: caches.layout, row },
      { memory: this.#memory, layout: this.#layout, row: to },
      caches.lengths[row]!,
    );
  }
}

const stays = (from: CachedRow | undefined, caches: NodeCaches, row: number): boolean =>
  from?.caches === caches && from.row === row;

/** One more than they hold: the next token goes there. */
const needed = (lengths: readonly number[]): number => capacityFor(Math.max(...lengths) + 1);

/** Rows join one by one: room is doubled, so that most of them are copied in alone. */
function roomFor(rows: number, maxRows: number): number {
  let room = 1;
  while (room < rows) room *= 2;
  return Math.max(rows, Math.min(room, maxRows));
}
