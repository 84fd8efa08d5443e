import { once } from 'node:events';
import { InvalidRequestError, type TextFace } from '@terrace/core';
import type { DocumentsFace, DocumentsWish } from '@terrace/core/documents';
import type { TextRequestInput, TextResult } from '@terrace/core/text';
import { describeCitations } from '../describe-citations.js';
import { describeAnswer, describeTextPlan, describeTextTrace } from '../describe-text.js';
import { print } from '../output.js';
import { startProgress } from '../progress.js';
import { terminalText } from '../terminal-text.js';

/** A chat with what was said in it. */
export interface Chat {
  /**
   * Answers a question, and shows the answer while it is written. One that fails was never asked; of one that is
   * stopped, what was shown was said.
   * @throws what the runtime does, and the signal's reason
   */
  ask(text: string, signal: AbortSignal): Promise<TextResult>;
  /**
   * A line as a person writes it: a question, or a command that begins with a slash.
   * @returns the answer to a question; `over` when no more is wanted
   */
  take(line: string, signal: AbortSignal): Promise<TextResult | 'over' | undefined>;
}

export function createChat({
  runtime,
  request,
  documents,
  system: first,
  isQuiet,
}: {
  readonly runtime: Pick<DocumentsFace, 'stream'> & Pick<TextFace, 'recommend'>;
  readonly request: Omit<TextRequestInput, 'text' | 'messages'>;
  /** What each question is answered from. */
  readonly documents?: DocumentsWish | undefined;
  readonly system: string | undefined;
  /** Shows nothing while it is written. */
  readonly isQuiet: boolean;
}): Chat {
  let system = first;
  let said: NonNullable<TextRequestInput['messages']> = [];
  let last: TextResult | undefined;

  const ask: Chat['ask'] = async (text, signal) => {
    const asked = [...said, { role: 'user' as const, content: text }];
    const messages = [...(system ? [{ role: 'system' as const, content: system }] : []), ...asked];
    const progress = startProgress('reading');
    let shown = '';
    let result: TextResult | undefined;
    try {
      for await (const step of runtime.stream({ ...request, ...(documents && { documents }), messages }, { signal })) {
        if (step.kind === 'result') result = step.result;
        if (step.kind !== 'text' || step.text === '') continue;
        progress.end();
        shown += step.text;
        if (!isQuiet) await write(terminalText(step.text), signal);
      }
    } finally {
      progress.end();
      if (shown !== '') said = [...asked, { role: 'assistant', content: shown }];
      if (shown !== '' && !isQuiet) process.stdout.write('\n');
    }
    last = result;
    if (!isQuiet) {
      if (documents) process.stderr.write(`${dim(describeCitations(result!))}\n`);
      process.stderr.write(`${dim(describeAnswer(result!))}\n`);
    }
    return result!;
  };

  const commands: Readonly<Record<string, (rest: string) => Promise<'over' | void> | 'over' | void>> = {
    tiers: async () => print(describeTextPlan(await runtime.recommend(request))),
    why: () => print(last ? describeTextTrace(last.trace) : 'Nothing was answered yet.'),
    clear: () => {
      said = [];
    },
    system: (rest) => {
      system = rest === '' ? undefined : rest;
    },
    exit: () => 'over',
  };

  return {
    ask,
    async take(line, signal) {
      const [, name, rest = ''] = /^\s*\/(\S*)\s*(.*)$/.exec(line) ?? [];
      if (name === undefined) return ask(line.trim(), signal);
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (command) return (await command(rest.trim())) ?? undefined;
      throw new InvalidRequestError({
        message: `There is no /${terminalText(name.slice(0, 40))}.`,
        hint: `Use one of: ${Object.keys(commands)
          .map((each) => `/${each}`)
          .join(', ')}.`,
      });
    },
  };
}

/** A reader that is slow slows the answer down. */
async function write(text: string, signal: AbortSignal): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain', { signal });
}

const dim = (line: string): string => (process.stderr.isTTY ? `\u001b[2m${line}\u001b[22m` : line);
