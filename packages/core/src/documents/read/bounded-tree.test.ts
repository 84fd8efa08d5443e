import { expect, it } from 'vitest';
import { boundedTree } from './bounded-tree.js';

const treeMaker = () =>
  boundedTree({
    createElement: (name: string, _namespace: string, attributes: readonly string[]) => [name, attributes],
    createCommentNode: (text: string) => text,
  });

it('makes a million elements and comments at most', () => {
  const tree = treeMaker();
  expect(tree.createElement('p', '', ['class'])).toEqual(['p', ['class']]);
  for (let made = 1; made < 999_999; made++) tree.createElement('p', '', []);
  expect(tree.createCommentNode('last')).toBe('last');
  expect(() => tree.createCommentNode('more')).toThrow('The page has more than 1,000,000 elements.');
});

it('makes elements of few attributes: a megabyte may have a hundred thousand', () => {
  const tree = treeMaker();
  const attributes = Array.from({ length: 40_000 }, () => 'a');
  for (let made = 0; made < 100; made++) tree.createElement('p', '', attributes);
  expect(() => tree.createElement('p', '', ['a'])).toThrow('The page has more than 4,000,000 attributes of elements.');
});
