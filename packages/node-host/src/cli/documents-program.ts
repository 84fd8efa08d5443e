import { InvalidRequestError } from '@terrace/core';
import type { Command } from 'commander';
import type { CollectionFlags, RemoveDocumentsFlags, SearchFlags } from './commands/documents-flags.js';
import { parseCount } from './quantities.js';

/** Makes `terrace documents` of a command that has the flags every command has; each action is a subcommand. */
export function addDocumentsActions(documents: Command, signal: AbortSignal, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    documents
      .command(name)
      .description(description)
      .configureHelp({ showGlobalOptions: true })
      .option('--collection <name>', 'documents that belong together; "default" when it is added to or searched');

  action('add [paths...]', 'files of text, Markdown, HTML and PDF, and folders of them').action(
    async (paths: string[], _, command: Command) => {
      const { addDocuments } = await import('./commands/documents-add.js');
      done(await addDocuments(named(paths, 'add PATH...'), flagsOf<CollectionFlags>(command), signal));
    },
  );

  action('list', 'documents, newest first').action(async (_, command: Command) => {
    const { listDocuments } = await import('./commands/documents-list.js');
    done(await listDocuments(flagsOf<CollectionFlags>(command)));
  });

  action('search [text...]', 'the passages that say most of it, best first')
    .option('--top <n>', 'at most so many; 5 by default', parseCount)
    .action(async (text: string[], _, command: Command) => {
      const { searchDocuments } = await import('./commands/documents-search.js');
      done(await searchDocuments(named(text, 'search TEXT').join(' '), flagsOf<SearchFlags>(command), signal));
    });

  action('remove [ids...]', 'documents, by their ids or how those begin')
    .option('--all', 'every one of the collection, or every one there is')
    .action(async (ids: string[], _, command: Command) => {
      const { removeDocuments } = await import('./commands/documents-remove.js');
      done(await removeDocuments(ids, flagsOf<RemoveDocumentsFlags>(command)));
    });

  // Reached with the name of no action, or with none.
  documents
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      throw new InvalidRequestError({
        message:
          wrong === undefined ? 'The action is missing.' : `There is no \`terrace documents ${wrong.slice(0, 64)}\`.`,
        hint: `Use one of: ${documents.commands.map((each) => each.name()).join(', ')}.`,
        facts: { action: wrong?.slice(0, 64) },
      });
    });
}

function named(given: readonly string[], usage: string): readonly string[] {
  if (given.some((each) => each.trim() !== '')) return given;
  throw new InvalidRequestError({
    message: 'Something is missing.',
    hint: `Write \`terrace documents ${usage}\`.`,
    facts: { usage },
  });
}

/** Its own flags, and those that stand on `documents`. */
const flagsOf = <T extends CollectionFlags>(command: Command): T => command.optsWithGlobals<T>();
