import { expect, it } from 'vitest';
import { isTrimDue } from './compared-rows.js';

it('looks once for 256 rows, however many are added at a time', () => {
  for (const added of [1, 3, 255, 256, 300]) {
    let looks = 0;
    let seq = 0;
    while (seq < 25_600) if (isTrimDue((seq += added), added)) looks++;
    expect(looks).toBe(added < 256 ? Math.floor(seq / 256) : Math.ceil(25_600 / added));
  }
});
