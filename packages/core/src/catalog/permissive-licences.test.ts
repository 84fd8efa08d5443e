import { describe, expect, it } from 'vitest';
import { isPermissive } from './permissive-licences.js';

describe('a licence is open', () => {
  it.each(['Apache-2.0', 'apache-2.0', 'MIT', 'CC-BY-4.0', 'MIT AND Apache-2.0', 'GPL-3.0 OR MIT'])('%s', (id) => {
    expect(isPermissive(id)).toBe(true);
  });
  it('is not guessed from an expression with brackets', () => {
    expect(isPermissive('LicenseRef-NoCommercial AND (GPL-3.0 OR MIT OR Apache-2.0)')).toBe(false);
    expect(isPermissive('(GPL-3.0 OR MIT OR Apache-2.0) AND LicenseRef-NoCommercial')).toBe(false);
  });
  it.each(['', 'unknown', 'GPL-3.0', 'MIT AND GPL-3.0', 'CC-BY-NC-4.0', 'other', '(MIT)', 'MIT WITH something'])(
    '%j is not',
    (id) => {
      expect(isPermissive(id)).toBe(false);
    },
  );
});
