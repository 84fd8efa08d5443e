import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { AddFlags } from './commands/models-add.js';
import type { BundleFlags } from './commands/models-bundle.js';
import type { ImportFlags } from './commands/models-import.js';
import type { PullFlags } from './commands/models-pull.js';
import type { RemoveFlags } from './commands/models-remove.js';
import type { GcFlags } from './commands/models-gc.js';
import type { GlobalFlags } from './settings.js';

/** Makes `terrace models` of a command that has the flags every command has; each action is a subcommand. */
export function addModelsActions(models: Command, signal: AbortSignal, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    models.command(name).description(description).configureHelp({ showGlobalOptions: true });

  action('list', 'models, deltas and domains').action(async (_, command: Command) => {
    const { listModels } = await import('./commands/models-list.js');
    done(await listModels(flagsOf(command)));
  });

  action('show [id]', 'one model, delta or domain with its files and hashes').action(
    async (id, _, command: Command) => {
      const { showModel } = await import('./commands/models-show.js');
      done(await showModel(named(id, 'show ID'), flagsOf(command)));
    },
  );

  action('add [folder]', 'a model or delta of your own')
    .addOption(acceptLicence())
    .action(async (folder, _, command: Command) => {
      const { addModels } = await import('./commands/models-add.js');
      done(await addModels(named(folder, 'add FOLDER'), flagsOf<AddFlags>(command), signal));
    });

  action('bundle [ids...]', 'write models and deltas as one signed file, for devices without a network')
    .requiredOption('--out <file>', 'where')
    .option('--domain <domain>', 'the deltas of this domain, the models they belong to and its calibration')
    .option('--key <key>', 'the key to sign with, when there is more than one')
    .option('--no-sign', 'sign nothing; importing it then takes --allow-unsigned')
    .action(async (ids: string[], _, command: Command) => {
      const { bundleModels } = await import('./commands/models-bundle.js');
      done(await bundleModels(ids, flagsOf<BundleFlags>(command), signal));
    });

  action('import [file]', 'install a bundle, once everything about it is verified')
    .addOption(acceptLicence())
    .option('--allow-unsigned', 'also one that nobody signed')
    .action(async (file, _, command: Command) => {
      const { importModels } = await import('./commands/models-import.js');
      done(await importModels(named(file, 'import FILE'), flagsOf<ImportFlags>(command), signal));
    });

  action('pull [source] [ids...]', 'fetch models from a URL, a folder or the Hugging Face hub (hf:owner/name)')
    .option('--domain <domain>', 'the deltas of this domain and the models they belong to')
    .addOption(
      new Option('--dtype <dtype>', 'this variant, whatever runs here').choices([
        'fp32',
        'fp16',
        'int8',
        'q4',
        'q4f16',
      ]),
    )
    .addOption(acceptLicence())
    .option('--allow-http', 'fetch without encryption from hosts other than this one')
    .option('--from <folder>', 'the files of models that the catalog knows, by their hashes: `pull ID --from FOLDER`')
    .action(async (source, ids: string[], _, command: Command) => {
      const flags = flagsOf<PullFlags>(command);
      const first = named(source, flags.from === undefined ? 'pull SOURCE' : 'pull ID --from FOLDER');
      if (flags.from !== undefined) {
        const { takeModels } = await import('./commands/models-take.js');
        return done(await takeModels([first, ...ids], flags.from, flags, signal));
      }
      const { pullModels } = await import('./commands/models-pull.js');
      done(await pullModels(first, ids, flags, signal));
    });

  action('remove [id]', 'a model, delta or domain that was added')
    .option('--with-deltas', 'the deltas that need it, too')
    .action(async (id, _, command: Command) => {
      const { removeModel } = await import('./commands/models-remove.js');
      done(await removeModel(named(id, 'remove ID'), flagsOf<RemoveFlags>(command), signal));
    });

  action('gc', 'free what nothing names and nobody uses')
    .option('--dry-run', 'only say what would be freed')
    .action(async (_, command: Command) => {
      const { collectGarbage } = await import('./commands/models-gc.js');
      done(await collectGarbage(flagsOf<GcFlags>(command), signal));
    });

  action('verify', 'whether every file is the one its catalog names').action(async (_, command: Command) => {
    const { verifyModels } = await import('./commands/models-verify.js');
    done(await verifyModels(flagsOf(command), signal));
  });

  action('index [folder]', 'write catalog.json anew from the manifests of a folder').action(
    async (folder, _, command: Command) => {
      const { indexModels } = await import('./commands/models-index.js');
      done(await indexModels(named(folder, 'index FOLDER'), flagsOf(command)));
    },
  );

  // Reached with the name of no action, or with none.
  models
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      const names = models.commands.map((each) => each.name()).join(', ');
      throw new InvalidRequestError({
        message: wrong === undefined ? 'The action is missing.' : `There is no \`terrace models ${wrong}\`.`,
        hint: `Use one of: ${names}.`,
        facts: { action: wrong },
      });
    });
}

/** Its own flags, and those that stand on `models`. */
const flagsOf = <T extends GlobalFlags = GlobalFlags>(command: Command): T => command.optsWithGlobals<T>();

/** May be given more than once. */
const acceptLicence = (): Option =>
  new Option('--accept-licence <licence>', 'a licence that is not an open one, accepted by its name').argParser(
    (licence: string, before: readonly string[] | undefined) => [...(before ?? []), licence],
  );

function named(what: string | undefined, usage: string): string {
  if (what) return what;
  throw new InvalidRequestError({
    message: 'The last argument is missing.',
    hint: `Write \`terrace models ${usage}\`.`,
  });
}
