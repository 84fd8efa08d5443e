import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canAllCome,
  canAllEnd,
  layoutTokens,
  PREFIX_SHARE,
  RowRooms,
  type Opening,
  type RowRoom,
} from './row-rooms.js';

const KV_TOKENS = 600;
const FOR_ROWS = Math.floor(KV_TOKENS * (1 - PREFIX_SHARE));

function world() {
  const limits: number[] = [];
  const rooms = new RowRooms({
    kvTokens: KV_TOKENS,
    bytesPerToken: 2,
    prefixes: { limit: (bytes) => limits.push(bytes) },
  });
  return { rooms, limits };
}

const room = (tokens: number, mostTokens: number): RowRoom => ({ tokens, mostTokens });

describe('whether all can end', () => {
  it('is whether each can have its most while those behind keep what they have', () => {
    expect(canAllEnd([room(100, 300), room(100, 300)], 400)).toBe(true);
    expect(canAllEnd([room(100, 300), room(101, 300)], 400)).toBe(false);
    expect(canAllEnd([room(100, 150), room(100, 300)], 400)).toBe(true);
    expect(canAllEnd([room(100, 150), room(100, 401)], 400)).toBe(false);
    expect(canAllEnd([], 0)).toBe(true);
  });
});

describe('whether all can come to a part of their most', () => {
  it('is whether they then lie side by side, each as long as the longest', () => {
    const rooms = [room(10, 100), room(60, 80)];
    expect(canAllCome(rooms, 0.75, 150)).toBe(true);
    expect(canAllCome(rooms, 0.75, 149)).toBe(false);
    expect(canAllCome(rooms, 0.25, 120)).toBe(true);
    expect(canAllCome(rooms, 0.25, 119)).toBe(false);
    expect(canAllCome([], 1, 0)).toBe(true);
  });
});

describe('what rows take', () => {
  it('is the longest of those side by side for each of them, and what the others have', () => {
    const [a, b, c] = [room(10, 20), room(30, 40), room(7, 9)];
    expect(layoutTokens([a, b, c], [])).toBe(47);
    expect(layoutTokens([a, b, c], [a, b])).toBe(67);
    expect(layoutTokens([a, b, c], [a, c])).toBe(50);
  });
});

describe('the memory of rows', () => {
  const asked = (needed: number, mostTokens: number, more: Partial<Opening> = {}): Opening => ({
    needed,
    mostTokens,
    sharedTokens: 0,
    isAlone: false,
    hasWaited: true,
    ...more,
  });

  it('is kept for all of their answers at first, and for what they likely need where somebody has waited', () => {
    const { rooms } = world();
    const opened = (hasWaited: boolean): number => {
      for (let count = 0; ; count++) if (!rooms.open(asked(20, 100, { hasWaited }))) return count;
    };
    expect(opened(false)).toBe(4);
    expect(rooms.isShort).toBe(true);
    expect(opened(true)).toBe(1);
    rooms.keep(new Set(), 0);
    expect(rooms.isShort).toBe(false);
  });

  it('is taken in steps, and not by those who came last where others could not end', () => {
    const { rooms } = world();
    const [first, ...others] = Array.from({ length: 5 }, () => rooms.open(asked(20, 100))!);
    for (const one of others) rooms.grow(one, 33);
    expect(others.map(({ tokens }) => tokens)).toEqual([64, 64, 64, 64]);
    for (const one of others) rooms.grow(one, 65);
    // 100 for the first one leaves 300 to the others.
    expect(others.map(({ tokens }) => tokens)).toEqual([96, 64, 64, 64]);
    expect(rooms.isShort).toBe(true);
    rooms.grow(first!, 97);
    expect(first!.tokens).toBe(100);
  });

  it('is refused to none that is alone, and kept prefixes go for it', () => {
    const { rooms, limits } = world();
    const alone = rooms.open(asked(KV_TOKENS, KV_TOKENS, { isAlone: true }))!;
    expect(alone.tokens).toBe(KV_TOKENS);
    expect(limits.at(-1)).toBe(0);
    expect(rooms.open(asked(1, 2))).toBeUndefined();
    rooms.keep(new Set(), 0);
    expect(limits.at(-1)).toBe(KV_TOKENS * PREFIX_SHARE * 2);
  });

  it('holds what other answers begin behind', () => {
    const { rooms } = world();
    rooms.keep(new Set(), 100);
    expect(rooms.open(asked(1, 301))).toBeUndefined();
    expect(rooms.open(asked(1, 250, { sharedTokens: 51 }))).toBeUndefined();
    expect(rooms.open(asked(1, 250, { sharedTokens: 50 }))).toBeDefined();
    expect(rooms.haveRoom([])).toBe(true);
  });

  it('is what is padded where rows lie side by side', () => {
    const { rooms } = world();
    const long = rooms.open(asked(10, 180))!;
    const short = rooms.open(asked(10, 40))!;
    rooms.grow(long, 180);
    const more = rooms.open(asked(10, 20))!;
    expect(more).toBeUndefined();
    expect(rooms.haveRoom([long, short])).toBe(true);
    rooms.keep(new Set([long, short]), 50);
    expect(rooms.haveRoom([long, short])).toBe(false);
    expect(rooms.haveRoom([long])).toBe(true);
  });

  it('is never more than was planned, and whoever comes, grows and leaves, all come to their end', () => {
    const most = fc.integer({ min: 1, max: FOR_ROWS });
    const came = fc.record({ most, share: fc.double({ min: 0, max: 1, noNaN: true }) });
    const event = fc.record({ come: fc.option(came), grow: fc.nat(), leave: fc.option(fc.nat()) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const { rooms } = world();
        let open: { room: RowRoom; needed: number }[] = [];
        const closed = (at: number): void => {
          open = open.filter((_, i) => i !== at);
          rooms.keep(new Set(open.map((one) => one.room)), 0);
        };
        const isWithin = (): void => {
          const all = open.map((one) => one.room);
          expect(layoutTokens(all, [])).toBeLessThanOrEqual(FOR_ROWS);
          expect(canAllEnd(all, FOR_ROWS)).toBe(true);
          expect(all.every((one) => rooms.haveRoom([one]))).toBe(true);
        };
        const grow = (at: number): boolean => {
          const one = open[at]!;
          const needed = Math.min(one.needed + 5, one.room.mostTokens);
          rooms.grow(one.room, needed);
          if (one.room.tokens >= needed) one.needed = needed;
          return one.needed === needed;
        };
        for (const { come, grow: growing, leave } of events) {
          if (come) {
            const needed = Math.max(1, Math.floor(come.most * come.share));
            const opened = rooms.open(
              asked(needed, come.most, { isAlone: open.length === 0, hasWaited: growing % 3 > 0 }),
            );
            if (open.length === 0) expect(opened).toBeDefined();
            if (opened) open.push({ room: opened, needed });
          }
          for (let i = 0; open.length > 0 && i < 20; i++) grow((growing + i) % open.length);
          if (leave !== null && open.length > 0) closed(leave % open.length);
          isWithin();
        }
        // Nobody leaves any more before it is written: the first one can always go on.
        while (open.length > 0) {
          while (open[0]!.needed < open[0]!.room.mostTokens)
            if (!grow(0)) throw new Error('the first one cannot go on');
          isWithin();
          closed(0);
        }
      }),
      { numRuns: 200 },
    );
  });
});
