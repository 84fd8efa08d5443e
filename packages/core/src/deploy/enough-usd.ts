/** An amount in words, to four digits and never less than it is: who gives what is told gives enough. */
export function enoughUsd(amount: number): string {
  const rounded = Number(amount.toPrecision(4));
  return `US$ ${rounded >= amount ? rounded : Number((amount * 1.001).toPrecision(4))}`;
}
