import { expect, it } from 'vitest';
import type { OutputFormat } from '../../tasks/text-generation/generation.js';
import { isValid } from './text-signs.js';

const schema: OutputFormat = { kind: 'schema', schema: { type: 'object', properties: { a: { type: 'integer' } } } };

it.each<[OutputFormat, string, boolean | undefined]>([
  [{ kind: 'text' }, 'anything', undefined],
  [{ kind: 'json' }, '{"a":1}', true],
  [{ kind: 'json' }, '[1]', false],
  [{ kind: 'json' }, '{"a":', false],
  [schema, '{"a":1}', true],
  [schema, '{"a":"1"}', false],
  [schema, 'null', false],
  [schema, '', false],
  [{ kind: 'enum', values: ['yes', 'no'] }, 'no', true],
  [{ kind: 'enum', values: ['yes', 'no'] }, 'No', false],
])('of %j finds %j to be %s', (format, text, valid) => {
  expect(isValid(format, text)).toBe(valid);
});
