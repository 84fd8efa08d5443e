import { expect, it } from 'vitest';
import type { Command } from 'commander';
import { buildProgram } from './program.js';

/** What a command line that is wrong shows. */
async function shownBy(...args: string[]): Promise<string> {
  let shown = '';
  const program = buildProgram(new AbortController().signal, () => undefined);
  const listen = (command: Command): void => {
    command.configureOutput({ writeErr: (text) => (shown += text) });
    command.commands.forEach(listen);
  };
  listen(program);
  await program.parseAsync(args, { from: 'user' }).catch(() => undefined);
  return shown;
}

it.each([
  [['rnu'], 'Did you mean run?'],
  [['run'], "missing required argument 'text'"],
  [['run', '--domian', 'clinc150', 'x'], 'Did you mean --domain?'],
  [['models', 'bundle'], "required option '--out <file>' not specified"],
])('a command line that is wrong says what is wrong and where to look: %s', async (args, message) => {
  const shown = await shownBy(...args);
  expect(shown).toContain(message);
  expect(shown).toContain('See the command with --help.');
});
