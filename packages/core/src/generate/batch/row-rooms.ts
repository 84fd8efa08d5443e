import type { PrefixCache } from '../kv/prefix-cache.js';

/** Keys and values that kept prefixes may take, as a part of all. */
export const PREFIX_SHARE = 1 / 3;
/** Rows grow by so many positions at a time: as hosts take memory. */
const STEP_TOKENS = 32;
/**
 * So much of its most each row is taken to need where somebody has waited. Most answers end sooner; where they do not, those
 * who came last wait for the others. Of less, so many would hold half an answer that few could be written side by side.
 */
const LIKELY_SHARE = 3 / 4;

/** Memory of one row, in positions. */
export interface RowRoom {
  /** That it has. */
  readonly tokens: number;
  /** That it may come to have. */
  readonly mostTokens: number;
}

/**
 * Whether all rows can be written to their end, one after the other, while those behind keep what they have: whoever ends
 * leaves its memory to the next one. As long as that holds the first one can always go on, so nobody waits for ever.
 */
export function canAllEnd(rooms: readonly RowRoom[], tokens: number): boolean {
  let behind = 0;
  return rooms.toReversed().every((room) => {
    const needed = room.mostTokens + behind;
    behind += room.tokens;
    return needed <= tokens;
  });
}

/** Whether all can lie side by side, padded to the longest, once each has come to such a part of its most. */
export function canAllCome(rooms: readonly RowRoom[], share: number, tokens: number): boolean {
  const longest = rooms.reduce((most, room) => Math.max(most, room.tokens, share * room.mostTokens), 0);
  return rooms.length * longest <= tokens;
}

/** What rows take where some lie side by side: each of those is padded to the longest. */
export function layoutTokens(all: readonly RowRoom[], sideBySide: readonly RowRoom[]): number {
  const sum = (rooms: readonly RowRoom[]): number => rooms.reduce((tokens, room) => tokens + room.tokens, 0);
  const longest = Math.max(0, ...sideBySide.map(({ tokens }) => tokens));
  return sideBySide.length * longest + sum(all) - sum(sideBySide);
}

interface Opened extends RowRoom {
  tokens: number;
}

/** What a row begins with. */
export interface Opening {
  readonly needed: number;
  readonly mostTokens: number;
  /** That are taken beside it. */
  readonly sharedTokens: number;
  /** Whether nobody else has begun. */
  readonly isAlone: boolean;
  /** So long that others need not be sure of their most any more. */
  readonly hasWaited: boolean;
}

/**
 * The memory of rows that are written or read, longest admitted first. A row begins with what it needs now, and takes more
 * as it grows, never so much that not all could end. Whoever is alone may have all of it: kept prefixes go for it.
 */
export class RowRooms {
  readonly #kvTokens: number;
  readonly #bytesPerToken: number;
  readonly #prefixes: Pick<PrefixCache<never>, 'limit'>;
  #rooms: Opened[] = [];
  /** Of prompts that other answers are still to begin behind: copies beside all rows. */
  #sharedTokens = 0;
  /** Whether somebody has asked for memory since, and others had it. */
  isShort = false;

  /** @param kvTokens positions that there is memory for */
  constructor(options: {
    readonly kvTokens: number;
    readonly bytesPerToken: number;
    readonly prefixes: Pick<PrefixCache<never>, 'limit'>;
  }) {
    this.#kvTokens = options.kvTokens;
    this.#bytesPerToken = options.bytesPerToken;
    this.#prefixes = options.prefixes;
  }

  /** Closes all others. */
  keep(rooms: ReadonlySet<RowRoom>, sharedTokens: number): void {
    this.#rooms = this.#rooms.filter((room) => rooms.has(room));
    this.#sharedTokens = sharedTokens;
    this.isShort = false;
    this.#leaveRest();
  }

  /** @returns undefined where there is not enough */
  open({ needed, mostTokens, sharedTokens, isAlone, hasWaited }: Opening): RowRoom | undefined {
    const room: Opened = { tokens: stepped(needed, mostTokens), mostTokens };
    const rooms = [...this.#rooms, room];
    const forRows = this.#forRows - sharedTokens;
    const mayBegin =
      (isAlone && rooms.length === 1) ||
      (canAllCome(rooms, hasWaited ? LIKELY_SHARE : 1, forRows) && canAllEnd(rooms, forRows));
    if (!mayBegin) {
      this.isShort = true;
      return undefined;
    }
    this.#rooms = rooms;
    this.#sharedTokens += sharedTokens;
    this.#leaveRest();
    return room;
  }

  /** Makes one larger, unless somebody before it might not end then. */
  grow(room: RowRoom, needed: number): void {
    const at = this.#rooms.findIndex((one) => one === room);
    const opened = this.#rooms[at];
    if (!opened || needed <= opened.tokens) return;
    const before = opened.tokens;
    opened.tokens = stepped(needed, opened.mostTokens);
    if (at === 0 || canAllEnd(this.#rooms, this.#forRows)) {
      this.#leaveRest();
      return;
    }
    opened.tokens = before;
    this.isShort = true;
  }

  /** Whether these may lie side by side, and all others each by itself. */
  haveRoom(sideBySide: readonly RowRoom[]): boolean {
    return sideBySide.length <= 1 || layoutTokens(this.#rooms, sideBySide) <= this.#forRows;
  }

  get #forRows(): number {
    return this.#kvTokens * (1 - PREFIX_SHARE) - this.#sharedTokens;
  }

  #leaveRest(): void {
    const taken = layoutTokens(this.#rooms, []) + this.#sharedTokens;
    const rest = Math.max(0, Math.min(this.#kvTokens * PREFIX_SHARE, this.#kvTokens - taken));
    this.#prefixes.limit(rest * this.#bytesPerToken);
  }
}

const stepped = (tokens: number, most: number): number => Math.min(most, Math.ceil(tokens / STEP_TOKENS) * STEP_TOKENS);
