/** What one text takes, in milliseconds. */
export interface TextTimes {
  /** Through the layers that stay as they are. */
  readonly freezeMs: number;
  /** Through the others. */
  readonly embedMs: number;
  /** Through the others, and back. */
  readonly trainMs: number;
}

/** With fewer, factors have hardly moved. */
const FEWEST_EPOCHS = 2;
/** With more, they learn the rows by heart. */
const MOST_EPOCHS = 6;
/** Of the budget; the rest is for two heads, and for a device that is busier than at first. */
const PLANNED_SHARE = 0.85;

/** @returns how often training can go over its rows; undefined when it is too seldom to be of use */
export function epochsIn(
  budgetMs: number,
  { freezeMs, embedMs, trainMs }: TextTimes,
  rows: { readonly all: number; readonly training: number },
): number | undefined {
  const aroundMs = rows.all * (freezeMs + 2 * embedMs);
  const epochs = Math.floor((PLANNED_SHARE * budgetMs - aroundMs) / (rows.training * trainMs));
  return epochs < FEWEST_EPOCHS ? undefined : Math.min(MOST_EPOCHS, epochs);
}
