import { queueRefusals } from '@terrace/core';

export const { tooMany, tooMuch, tooLong, badId } = queueRefusals(
  'Let them be answered first, or forget some with `runtime.queued.forget()`.',
);
