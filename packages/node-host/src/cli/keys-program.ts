import { InvalidRequestError } from '@terrace/core';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { KeyFlags } from './commands/keys.js';

/** Makes `terrace keys` of a command that has the flags every command has; each action is a subcommand. */
export function addKeysActions(keys: Command, signal: AbortSignal, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    keys.command(name).description(description).configureHelp({ showGlobalOptions: true });
  const commands = () => import('./commands/keys.js');

  action('list', 'the keys this device knows').action(async (_, command: Command) =>
    done(await (await commands()).listKeys(flagsOf(command))),
  );

  action('create', 'make a key to sign with')
    .requiredOption('--owner <name>', 'whose key it is')
    .addOption(notAfter())
    .action(async (_, command: Command) => done(await (await commands()).createKeyCommand(flagsOf(command))));

  action('export <key>', 'write the public half for other devices')
    .requiredOption('--out <file>', 'where')
    .action(async (key: string, _, command: Command) =>
      done(await (await commands()).exportKeyCommand(key, flagsOf(command))),
    );

  action('trust <file>', 'believe what the key of this file signs')
    .option('--owner <name>', 'whose key it is, if the file says it wrongly')
    .addOption(notAfter())
    .action(async (file: string, _, command: Command) =>
      done(await (await commands()).trustKeyCommand(file, flagsOf(command))),
    );

  action('rotate <key>', 'make a key that takes over from an older one').action(
    async (key: string, _, command: Command) => done(await (await commands()).rotateKeyCommand(key, flagsOf(command))),
  );

  action('revoke <key>', 'believe nothing more that this key signs').action(async (key: string, _, command: Command) =>
    done(await (await commands()).revokeKeyCommand(key, flagsOf(command))),
  );

  action('sign <folder>', 'sign the catalog of a folder of models, and its deltas')
    .option('--key <key>', 'the key to sign with, when there is more than one')
    .action(async (folder: string, _, command: Command) =>
      done(await (await commands()).signCommand(folder, flagsOf(command), signal)),
    );

  // Reached with the name of no action, or with none.
  keys
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      throw new InvalidRequestError({
        message: wrong === undefined ? 'The action is missing.' : `There is no \`terrace keys ${wrong}\`.`,
        hint: `Use one of: ${keys.commands.map((each) => each.name()).join(', ')}.`,
        facts: { action: wrong },
      });
    });
}

/** Its own flags, and those that stand on `keys`. */
const flagsOf = (command: Command): KeyFlags => command.optsWithGlobals<KeyFlags>();

const notAfter = (): Option =>
  new Option('--not-after <date>', 'when it ends to count, e.g. 2031-12-31').argParser((text) => {
    const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(atMs)) throw new InvalidArgumentError('a date such as 2031-12-31 is wanted.');
    return new Date(atMs).toISOString();
  });
