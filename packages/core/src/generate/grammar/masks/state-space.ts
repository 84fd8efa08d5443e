import { END, MOST_PLACES, type Bounds, type Position } from '../automaton/position.js';

/** Positions that a text may be at. Equal ones are one object. */
export interface State {
  readonly positions: readonly Position[];
  /** By byte: where it leads, null where it may not come, undefined where nobody asked. */
  readonly next: (State | null | undefined)[];
}

/** States whose counts are blurred: there are few, and they are walked over by every token. */
export interface StateSpace {
  /** The blurred state of exact positions. */
  of(positions: readonly Position[]): State;
  step(state: State, byte: number): State | null;
  /** How often all states were forgotten because there were too many: those from before are none of it. */
  readonly renewals: number;
}

interface Known {
  readonly position: Position;
  readonly id: number;
}

const MOST_POSITIONS = 50_000;
const MOST_STATES = 2_000;

export function createStateSpace(bounds: Bounds): StateSpace {
  let positions = new Map<string, Known>();
  let ids = new WeakMap<Position, number>();
  let states = new Map<string, State>();
  let renewals = 0;

  /** A chat can nest as deep as it is long: no recursion. */
  const intern = (position: Position): Known | undefined => {
    const chain: Position[] = [];
    let known: Known | undefined;
    for (let each: Position | undefined = position; each !== undefined && known === undefined; each = each.next) {
      const id = ids.get(each);
      if (id !== undefined) known = { position: each, id };
      // A token has fewer bytes than this: it never gets there.
      else if (chain.length > bounds.bytes + 1) known = intern(END);
      else chain.push(each);
    }
    for (const each of chain.toReversed()) known = kept(each, known);
    return known;
  };
  const kept = (position: Position, next: Known | undefined): Known => {
    const { term, mode, a, b } = position.term.blur(position, bounds);
    const key = `${term.id},${mode},${a},${b},${next?.id ?? ''}`;
    const known = positions.get(key);
    if (known !== undefined) return known;
    const one: Known = { position: { term, mode, a, b, next: next?.position }, id: positions.size };
    positions.set(key, one);
    ids.set(one.position, one.id);
    return one;
  };
  const stateOf = (found: readonly Position[]): State => {
    const known = new Map<number, Position>();
    for (const each of found) {
      const { id, position } = intern(each)!;
      known.set(id, position);
      if (known.size === MOST_PLACES) break;
    }
    const key = [...known.keys()].toSorted((a, b) => a - b).join();
    let state = states.get(key);
    if (state === undefined) {
      state = { positions: [...known.values()], next: Array.from({ length: 256 }) };
      states.set(key, state);
    }
    return state;
  };
  return {
    of(exact) {
      if (positions.size > MOST_POSITIONS || states.size > MOST_STATES) {
        renewals++;
        positions = new Map();
        ids = new WeakMap();
        states = new Map();
      }
      return stateOf(exact);
    },
    step(state, byte) {
      const known = state.next[byte];
      if (known !== undefined) return known;
      const out: Position[] = [];
      for (const position of state.positions) position.term.step(position, byte, out);
      return (state.next[byte] = out.length === 0 ? null : stateOf(out));
    },
    get renewals() {
      return renewals;
    },
  };
}
