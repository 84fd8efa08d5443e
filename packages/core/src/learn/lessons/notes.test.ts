import { expect, it } from 'vitest';
import { createMemoryLessons } from '../../testing/memory-lessons.js';
import { keepNote, readNote } from './notes.js';

const NAME = 'domain bank';

it('takes a note of another shape for none, and says of a damaged one what to do', async () => {
  const lessons = createMemoryLessons();
  const none = { triedUntilWallMs: 0, promotions: [] };
  expect(await readNote(lessons, 'bank')).toEqual(none);
  await keepNote(lessons, 'bank', { triedUntilWallMs: 7, promotions: [] });
  expect(await readNote(lessons, 'bank')).toEqual({ ...none, triedUntilWallMs: 7 });
  await lessons.keepNote(NAME, '{"triedUntilWallMs":"yesterday"}');
  expect(await readNote(lessons, 'bank')).toEqual(none);
  await lessons.keepNote(NAME, '{"triedUntil');
  await expect(readNote(lessons, 'bank')).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: 'What learning noted of "bank" is damaged.',
    hint: expect.stringContaining('lessons.db') as string,
  });
});
