/** Where a passage stands, outermost first: a title that is the first heading as well is said once. */
export const placeOf = ({
  title,
  headings,
}: {
  readonly title: string;
  readonly headings: readonly string[];
}): readonly string[] => (headings[0] === title ? headings : [title, ...headings]);
