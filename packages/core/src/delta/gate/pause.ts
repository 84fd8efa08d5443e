/** Lets whoever waits have a turn. */
export type Pause = () => Promise<void>;

/** Rows after which it is made: some milliseconds of work. */
export const ROWS_A_TURN = 128;
