const GOLDEN_RATIO = 0.618_033_988_749_894_9;

/**
 * A place in [0, 1) for each row, as even as can be and in no step with any order of the rows: data may be sorted, or every
 * tenth question be of one kind.
 */
export const evenPlace = (row: number): number => (row * GOLDEN_RATIO) % 1;
