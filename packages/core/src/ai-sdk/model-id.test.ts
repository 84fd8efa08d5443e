import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelNotFoundError } from '../errors/model-not-found-error.js';
import { parseModelId } from './model-id.js';

describe('parseModelId', () => {
  it.each([
    ['auto', { policy: 'cascade' }],
    ['terrace/auto:bank', { policy: 'cascade', domain: 'bank' }],
    ['nano:bank/cards', { policy: 'nano', domain: 'bank', subDomain: 'cards' }],
    ['acme/large:bank', { policy: 'acme/large', domain: 'bank' }],
    ['auto:bank/cards/debit', { policy: 'cascade', domain: 'bank', subDomain: 'cards/debit' }],
  ])('reads %s', (id, named) => {
    expect(parseModelId(id)).toEqual(named);
  });

  it.each(['', ':', 'auto:', ':bank', 'a:b:c', 'auto:/cards', `auto:${'x'.repeat(600)}`])(
    'finds no model in "%s"',
    (id) => {
      expect(() => parseModelId(id)).toThrow(ModelNotFoundError);
    },
  );

  it('gives back every part it was made of', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/).filter((text) => text !== 'auto');
    fc.assert(
      fc.property(part, part, fc.option(part, { nil: undefined }), (policy, domain, subDomain) => {
        const id = `${policy}:${domain}${subDomain === undefined ? '' : `/${subDomain}`}`;
        const named = { policy, domain, ...(subDomain !== undefined && { subDomain }) };
        expect([parseModelId(id), parseModelId(`terrace/${id}`)]).toEqual([named, named]);
      }),
    );
  });
});
