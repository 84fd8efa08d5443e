const PARTS = ['gasket', 'bearing', 'oil filter', 'piston', 'valve', 'fan belt', 'clutch', 'brake pad'];

/** What each label's examples begin with. */
export const SAYINGS = {
  order: 'please order a new',
  send_back: 'i want to return a broken',
  warranty: 'how long is the guarantee on the',
} as const;

/** Eight examples of each of three labels that no shipped domain knows. */
export const SPARE_PARTS = Object.entries(SAYINGS).flatMap(([label, start]) =>
  PARTS.map((part) => ({ text: `${start} ${part}`, label })),
);
export const AS_CSV = ['text,label', ...SPARE_PARTS.map(({ text, label }) => `${text},${label}`)].join('\n');
export const AS_JSON_LINES = SPARE_PARTS.map((row) => JSON.stringify(row)).join('\n');

/** Of the label `warranty`. */
export const QUESTION = 'is there still a guarantee on my water pump';
