import { Option, type Command } from 'commander';
import type { ChatFlags } from './commands/chat.js';
import { parseCount, parseNumber, parseShare } from './quantities.js';

/** Makes `terrace chat` of a command that has the flags every command has. */
export function addChatFlags(chat: Command, signal: AbortSignal, done: (code: number) => void): void {
  chat
    .argument('[prompt]', 'what to ask; without it lines are read: from a terminal, or one question a line')
    .option('--policy <policy>', 'cascade, or the id of one tier')
    .option('--domain <domain>', 'the domain of the chat')
    .option('--system <text>', 'what the model is told before the chat')
    .option('--max-tokens <n>', 'longest answer', parseCount)
    .option('--temperature <n>', '0 takes the likeliest token, up to 2', parseNumber)
    .option('--seed <n>', 'the same seed gives the same answer', parseNumber)
    .option('--schema <file>', 'a JSON schema that every answer follows')
    .option('--documents <collection>', 'answer from passages of your documents of this collection, and say from which')
    .option(
      '--min-score <n>',
      'with --documents: only passages with this score or a better one; 0.25 by default',
      parseNumber,
    )
    .option('--min-confidence <share>', 'go on to a larger tier below this', parseShare)
    .addOption(new Option('--residency <place>', 'furthest place the chat may go').choices(['device', 'site', 'cloud']))
    .option('--offline', 'stay on this device: the same as --residency device')
    .addHelpText(
      'after',
      '\nIn a chat: /tiers, /why, /clear, /system TEXT, /exit. Ctrl-C ends an answer, and without one the chat.',
    )
    .action(async (prompt: string | undefined, flags: ChatFlags) => {
      const { chatCommand } = await import('./commands/chat.js');
      done(await chatCommand(prompt, flags, signal));
    });
}
