import { unreadable } from './unreadable.js';

/** Each takes about 300 bytes with its text; a page of the most characters has one in eight at most. */
const MOST_ELEMENTS = 1_000_000;
/** 64 MiB that hold nothing else have 16 bytes for each: more are a page that is made to have them. */
const MOST_ATTRIBUTES = 4_000_000;

/** What makes the parts of a page for parse5. */
interface TreeMaker {
  createElement(name: never, namespace: never, attributes: never[]): unknown;
  createCommentNode(...what: never[]): unknown;
}

/**
 * What makes a tree of a page, up to a bound: 64 MiB of tags are a gigabyte of elements, more than a worker of a page may
 * have. @throws InvalidDocumentError, from within the parser, when there are more
 */
export function boundedTree<T extends TreeMaker>(maker: T): T {
  const elements = createCount(MOST_ELEMENTS, 'elements');
  const attributes = createCount(MOST_ATTRIBUTES, 'attributes of elements');
  return {
    ...maker,
    createElement(name: never, namespace: never, itsAttributes: never[]) {
      elements.add(1);
      attributes.add(itsAttributes.length);
      return maker.createElement(name, namespace, itsAttributes);
    },
    createCommentNode(...what: never[]) {
      elements.add(1);
      return maker.createCommentNode(...what);
    },
  };
}

function createCount(most: number, noun: string) {
  let made = 0;
  return {
    add(more: number): void {
      made += more;
      if (made > most) throw unreadable('too-many-elements', `${most.toLocaleString('en')} ${noun}`);
    },
  };
}
