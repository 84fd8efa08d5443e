import { InvalidRequestError } from '@terrace/core';
import { expect, it } from 'vitest';
import { pathPattern } from './path-pattern.js';

it.each([
  ['models/**', ['models/catalog.json', 'models/a/b.onnx'], ['models', 'app/models/x', 'models2/x']],
  ['models', ['models', 'models/a/b.onnx'], ['models.json', 'app/models']],
  ['./models/', ['models/a'], ['a']],
  ['*.map', ['app.js.map', '.map'], ['assets/app.js.map', 'app.map.js']],
  ['**/*.map', ['app.js.map', 'assets/deep/app.js.map'], ['map']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b', 'a/b/c'], ['a/xb', 'b']],
  ['ort-?.wasm', ['ort-1.wasm'], ['ort-12.wasm', 'ort-/.wasm', 'ort-.wasm']],
  ['a+(b)[c]{d}$.js', ['a+(b)[c]{d}$.js'], ['aab.js']],
  ['日本?.html', ['日本語.html', '日本😀.html'], ['日本.html']],
])('%s means %j and not %j', (pattern, meant, others) => {
  const means = pathPattern(pattern);
  expect(meant.filter((path) => !means(path))).toEqual([]);
  expect(others.filter(means)).toEqual([]);
});

it.each(['', '/', 'a//b', '../x', 'a/./b', 'a**b'])('refuses "%s"', (pattern) => {
  expect(() => pathPattern(pattern)).toThrow(InvalidRequestError);
});
