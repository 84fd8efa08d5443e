import { describe, expect, it } from 'vitest';
import { checkSchema } from './check-schema.js';
import { forcedCall } from './forced-call.js';
import { matches } from './matches.js';
import type { JsonSchema } from './messages.js';

const look = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
/** A tree, in words of itself. */
const tree = {
  type: 'object',
  properties: { leaf: { $ref: '#/$defs/leaf' }, $ref: { type: 'array', items: { $ref: '#' } } },
  additionalProperties: false,
  $defs: { leaf: { enum: ['a', '#', { $ref: '#' }] } },
};
const tool = (name: string, parameters: JsonSchema) => ({ name, parameters });

describe('a call that has to be made', () => {
  it('of the only tool is its arguments', () => {
    const { schema, name, read } = forcedCall([tool('look', look)]);
    expect([schema, name]).toEqual([look, 'look']);
    expect(read('{"city":')).toEqual({ name: 'look', arguments: '{"city":' });
  });

  it('of several says which one it is, with arguments by its own schema', () => {
    const { schema, name, read } = forcedCall([tool('look', look), tool('plant', tree)]);
    expect(name).toBeUndefined();
    expect(checkSchema(schema)).toBeUndefined();
    const fits = (value: object): boolean => matches(schema, value);
    expect(fits({ name: 'look', arguments: { city: 'Rome' } })).toBe(true);
    expect(fits({ name: 'look', arguments: {} })).toBe(false);
    expect(fits({ name: 'dig', arguments: { city: 'Rome' } })).toBe(false);
    const grown = { leaf: { $ref: '#' }, $ref: [{ leaf: 'a' }, { $ref: [] }] };
    expect(fits({ name: 'plant', arguments: grown })).toBe(true);
    expect(fits({ name: 'plant', arguments: { $ref: [{ name: 'look', arguments: { city: 'Rome' } }] } })).toBe(false);
    const call = { name: 'plant', arguments: grown };
    expect(read(JSON.stringify(call))).toEqual({ name: 'plant', arguments: JSON.stringify(grown) });
    for (const cut of ['{"name":"pl', '{}', '3']) expect(read(cut)).toBeUndefined();
  });
});
