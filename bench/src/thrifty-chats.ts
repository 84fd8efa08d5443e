import type { ChatMessage } from '@terrace/core/generate';

/** A chat of mails as people send them, and what would be right to answer. */
export interface MailChat {
  readonly messages: readonly ChatMessage[];
  readonly answer: string;
  /** What it is chosen from. */
  readonly choices: readonly string[];
}

const NAMES = ['Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Edsger Dijkstra', 'Barbara Liskov', 'Donald Knuth'];
const CITIES = ['London', 'Paris', 'Berlin', 'Madrid', 'Rome', 'Vienna', 'Lisbon', 'Dublin'];
const COLOURS = ['red', 'blue', 'green', 'yellow', 'black', 'white'];
const GOODS = ['bicycle', 'lamp', 'table', 'guitar', 'camera', 'kettle'];
const REMARKS = [
  'The parcel came on Monday and the box was wet on one side.',
  'I have called twice and nobody could tell me when it will be repaired.',
  'Please note that I am only at home in the evening this week.',
  'Your colleague asked me to write down what happened, so here it is.',
  'I would rather have it repaired than get my money back.',
];
const ASKED = [
  { of: 'city', question: 'In which city do I live?', choices: CITIES },
  { of: 'colour', question: 'Which colour is the thing that I bought?', choices: COLOURS },
  { of: 'thing', question: 'Which thing did I buy?', choices: GOODS },
] as const;

/**
 * Mails with a signature and a notice each and blanks as mail programs leave them, of which the second quotes the first;
 * then a question about something that the first one says.
 */
export function mailChats(count: number, random: () => number): MailChat[] {
  const pick = <T>(some: readonly T[]): T => some[Math.floor(random() * some.length)]!;
  return Array.from({ length: count }, (): MailChat => {
    const facts = { city: pick(CITIES), colour: pick(COLOURS), thing: pick(GOODS) };
    const { of, question, choices } = pick(ASKED);
    const name = pick(NAMES);
    const end = `\n\n\n--   \n${name}\nCustomer number ${Math.floor(random() * 1e6)},   orders and returns\n\nThis message is   meant for the addressee only. If it has reached you by mistake, please delete it and tell the sender.`;
    const first = `I live in ${facts.city}, and last week I bought a ${facts.colour} ${facts.thing} in your shop.\n${pick(REMARKS)}`;
    const mails = [
      `Hello,\n\n\n\n${first}${end}`,
      `Hello again,\n\n${pick(REMARKS)}   ${pick(REMARKS)}\n\n\nI wrote:\n${first.replaceAll(/^/gm, '> ')}${end}`,
      `Good morning,\n\n\n${pick(REMARKS)}${end}`,
      question,
    ];
    const answers = ['Thank you, we look into it.', 'We have added this to your case.', 'Thank you.'];
    const messages = mails.flatMap((content, at): ChatMessage[] => [
      { role: 'user', content },
      ...(answers[at] === undefined ? [] : [{ role: 'assistant' as const, content: answers[at] }]),
    ]);
    return { messages, answer: facts[of], choices };
  });
}
