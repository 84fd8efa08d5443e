import { unreadable } from './unreadable.js';

/** Each takes about 300 bytes with its text; a page of the most characters has one in eight at most. */
const MOST_ELEMENTS = 1_000_000;

/** What makes the parts of a page for parse5. */
interface TreeMaker {
  createElement(...what: never[]): unknown;
  createCommentNode(...what: never[]): unknown;
}

/**
 * What makes a tree of a page, up to a bound: 64 MiB of tags are a gigabyte of elements, more than a worker of a page may
 * have. @throws InvalidDocumentError, from within the parser, when there are more
 */
export function boundedTree<T extends TreeMaker>(maker: T, most = MOST_ELEMENTS): T {
  let made = 0;
  const count = (): void => {
    if (++made > most) throw unreadable('too-many-elements', `${most.toLocaleString('en')} elements`);
  };
  return {
    ...maker,
    createElement(...what: never[]) {
      count();
      return maker.createElement(...what);
    },
    createCommentNode(...what: never[]) {
      count();
      return maker.createCommentNode(...what);
    },
  };
}
