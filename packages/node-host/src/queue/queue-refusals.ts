import { queueRefusals } from '@terrace/core';

export const { tooMany, tooMuch, tooLong, badId } = queueRefusals(
  'Let them be answered first (`terrace queue run`), or forget some (`terrace queue forget`).',
);
