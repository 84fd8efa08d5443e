import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { AttachFlags } from './commands/delta-attach.js';
import type { ComposeFlags } from './commands/delta-compose.js';
import type { DetachFlags } from './commands/delta-detach.js';
import type { EvaluateDeltaFlags } from './commands/delta-evaluate.js';
import type { ExportFlags } from './commands/delta-export.js';
import type { FitFlags } from './commands/delta-fit.js';
import type { ImportFlags } from './commands/delta-import.js';
import type { RollbackFlags } from './commands/delta-rollback.js';
import type { SignFlags } from './commands/delta-sign.js';
import { parseAmount } from './quantities.js';
import type { GlobalFlags } from './settings.js';

/** Makes `terrace delta` of a command that has the flags every command has; each action is a subcommand. */
export function addDeltaActions(delta: Command, signal: AbortSignal, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    delta.command(name).description(description).configureHelp({ showGlobalOptions: true });

  action('fit', 'teach a domain from labelled rows, and put it in force if it is better')
    .requiredOption('--data <files...>', 'labelled rows: {"text", "label"} a line, or CSV with these columns')
    .requiredOption('--domain <domain>', 'the domain, a new one or one that is there')
    .option('--sub-domain <name>', "a delta for one sub-domain, asked when the domain's own answer falls into it")
    .option('--base <model>', 'one rung only; every rung without it')
    .option('--eval <files...>', 'rows to judge by; without them some of the others are held out')
    .option('--out-of-scope <label>', 'the label of texts that belong to no other one')
    .option('--sub-domains <file>', 'which labels belong to which sub-domain, {"name": ["label"]}')
    .option('--strict', 'refuse data in which anything is found')
    .addOption(new Option('--dtype <type>', 'how numbers are stored').choices(['int8', 'fp16']))
    .option('--keep-examples', 'learn from the rows later, too: their texts are kept on this device')
    .option('--no-promote', 'only keep it, whatever is found')
    .action(async (_, command: Command) => {
      const { fitDelta } = await import('./commands/delta-fit.js');
      done(await fitDelta(flagsOf<FitFlags>(command), signal));
    });

  action('evaluate', 'how a revision does on labelled rows')
    .requiredOption('--domain <domain>', 'the domain')
    .requiredOption('--data <files...>', 'labelled rows')
    .option('--revision <id>', 'one that is kept; the one in force without it')
    .action(async (_, command: Command) => {
      const { evaluateDelta } = await import('./commands/delta-evaluate.js');
      done(await evaluateDelta(flagsOf<EvaluateDeltaFlags>(command), signal));
    });

  action('promote [domain] [revision]', 'put a kept revision in force').action(
    async (domain, revision, _, command: Command) => {
      const { promoteDelta } = await import('./commands/delta-promote.js');
      const usage = 'promote DOMAIN REVISION';
      done(await promoteDelta(named(domain, usage), named(revision, usage), flagsOf(command)));
    },
  );

  action('rollback [domain]', 'back to what was in force before')
    .option('--text', 'of what its texts are changed by')
    .action(async (domain, _, command: Command) => {
      const { rollBackDelta } = await import('./commands/delta-rollback.js');
      done(await rollBackDelta(named(domain, 'rollback DOMAIN'), flagsOf<RollbackFlags>(command)));
    });

  action('list [domain]', 'deltas that answer, and every revision that is kept').action(
    async (domain: string | undefined, _, command: Command) => {
      const { listDeltas } = await import('./commands/delta-list.js');
      done(await listDeltas(domain, flagsOf(command)));
    },
  );

  action('show [name]', 'one delta or revision: how good it is, what it is made from, who signed it').action(
    async (name, _, command: Command) => {
      const { showDelta } = await import('./commands/delta-show.js');
      done(await showDelta(named(name, 'show DELTA or show REVISION'), flagsOf(command)));
    },
  );

  action('attach [folder]', 'a delta of your own, into the domain that it names')
    .option('--eval <file>', 'prompts with answers: a delta of texts takes over only if it is right more often')
    .action(async (folder, _, command: Command) => {
      const { attachDelta } = await import('./commands/delta-attach.js');
      done(await attachDelta(named(folder, 'attach FOLDER'), flagsOf<AttachFlags>(command), signal));
    });

  action('detach [domain]', 'take the deltas of a domain away; what ships stays')
    .option('--base <model>', 'only the one on this base')
    .action(async (domain, _, command: Command) => {
      const { detachDelta } = await import('./commands/delta-detach.js');
      done(await detachDelta(named(domain, 'detach DOMAIN'), flagsOf<DetachFlags>(command)));
    });

  action('compose [domains...]', 'several domains as one')
    .requiredOption('--into <domain>', 'the domain that they become')
    .addOption(
      new Option('--weights <numbers>', 'how much each counts, e.g. 1,0.5').argParser((text) =>
        text.split(',').map(parseAmount),
      ),
    )
    .option('--eval <files...>', 'rows of each domain, as domain=file: accuracy before and after')
    .action(async (domains: string[], _, command: Command) => {
      const { composeDeltas } = await import('./commands/delta-compose.js');
      done(await composeDeltas(domains, flagsOf<ComposeFlags>(command), signal));
    });

  action('export [delta]', 'write a delta into a folder, as it is or as PEFT loads it')
    .requiredOption('--out <folder>', 'where; a folder that is not there yet')
    .addOption(new Option('--format <format>', 'for whom').choices(['terrace', 'peft']))
    .addOption(new Option('--dtype <type>', 'how numbers are stored').choices(['fp32', 'fp16', 'int8']))
    .action(async (name, _, command: Command) => {
      const { exportDelta } = await import('./commands/delta-export.js');
      done(await exportDelta(named(name, 'export DELTA --out FOLDER'), flagsOf<ExportFlags>(command)));
    });

  action('import [folder]', 'an adapter that PEFT trained on a base that is here')
    .requiredOption('--domain <domain>', 'the domain it becomes a delta of')
    .requiredOption('--base <model>', 'the model it was trained on')
    .option('--data <files...>', 'labelled rows to fit a head on, where the folder holds none')
    .action(async (folder, _, command: Command) => {
      const { importDelta } = await import('./commands/delta-import.js');
      done(await importDelta(named(folder, 'import FOLDER'), flagsOf<ImportFlags>(command), signal));
    });

  action('sign [name]', 'sign one delta, or every delta of a revision')
    .option('--key <key>', 'the key to sign with, when there is more than one')
    .action(async (name, _, command: Command) => {
      const { signDelta } = await import('./commands/delta-sign.js');
      done(await signDelta(named(name, 'sign REVISION or sign DELTA'), flagsOf<SignFlags>(command)));
    });

  action('verify [domain]', 'whether deltas in force and kept revisions are whole').action(
    async (domain: string | undefined, _, command: Command) => {
      const { verifyDeltas } = await import('./commands/delta-verify.js');
      done(await verifyDeltas(domain, flagsOf(command), signal));
    },
  );

  // Reached with the name of no action, or with none.
  delta
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      const names = delta.commands.map((each) => each.name()).join(', ');
      throw new InvalidRequestError({
        message: wrong === undefined ? 'The action is missing.' : `There is no \`terrace delta ${wrong}\`.`,
        hint: `Use one of: ${names}.`,
        facts: { action: wrong },
      });
    });
}

/** Its own flags, and those that stand on `delta`. */
const flagsOf = <T extends GlobalFlags = GlobalFlags>(command: Command): T => command.optsWithGlobals<T>();

function named(what: string | undefined, usage: string): string {
  if (what) return what;
  throw new InvalidRequestError({
    message: 'An argument is missing.',
    hint: `Write \`terrace delta ${usage}\`.`,
  });
}
