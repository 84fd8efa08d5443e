import { describe, expect, it } from 'vitest';
import { licenceAskedFor } from './licence-asked-for.js';

describe('an import that failed', () => {
  it('may wait for a licence', () => {
    const error = { code: 'LICENCE_NOT_ACCEPTED', facts: { licence: 'Gemma', models: 'a b' } };
    expect(licenceAskedFor(error)).toEqual({ licence: 'Gemma', models: 'a b' });
  });

  it.each([[undefined], [new Error('no room')], [{ code: 'LICENCE_NOT_ACCEPTED' }], [{ code: 'X', facts: {} }]])(
    'has failed for another reason: %s',
    (error) => expect(licenceAskedFor(error)).toBeUndefined(),
  );
});
