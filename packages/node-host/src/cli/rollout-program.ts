import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { RolloutStartFlags } from './commands/deploy-rollout-start.js';
import { parseShare } from './quantities.js';
import type { GlobalFlags } from './settings.js';

/** Makes `terrace deploy rollout` of a command under one that has the flags every command has. */
export function addRolloutActions(rollout: Command, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    rollout.command(name).description(description).configureHelp({ showGlobalOptions: true });
  const steer = () => import('./commands/deploy-rollout.js');

  action(
    'start <model>',
    '1 %, 10 % and 50 % of the requests, as long as it is no worse than another model; then it is one like the others',
  )
    .option('--instead <model>', 'the model it is compared with')
    .addOption(
      new Option(
        '--unit <unit>',
        'each request by itself, or everything of a key, of which there should be many',
      ).choices(['request', 'key']),
    )
    .option('--margin <share>', 'points of accuracy that are no regression; 0.5% by default', parseShare)
    .option('--error-margin <share>', 'points of failed requests that are none; 0.5% by default', parseShare)
    .option('--latency-margin <more>', 'how much slower it may be, or any; 10% by default')
    .option('--cost-margin <more>', 'how much dearer it may be, or any; 10% by default')
    .option('--unlabelled', 'go on without knowing what is right: only latency, cost and errors are compared')
    .action(async (model: string, _, command: Command) => {
      const { rolloutStart } = await import('./commands/deploy-rollout-start.js');
      done(await rolloutStart(model, flagsOf<RolloutStartFlags>(command)));
    });

  action('pause <id>', 'keep its share as it is; it is still taken back when it turns bad').action(
    async (id: string, _, command: Command) => done(await (await steer()).steerRollout('pause', id, flagsOf(command))),
  );

  action('resume <id>', 'let it go on').action(async (id: string, _, command: Command) =>
    done(await (await steer()).steerRollout('resume', id, flagsOf(command))),
  );

  action('back <id>', 'take it back now').action(async (id: string, _, command: Command) =>
    done(await (await steer()).steerRollout('roll-back', id, flagsOf(command))),
  );

  action('status', 'where each stands, and what it waits for').action(async (_, command: Command) =>
    done(await (await steer()).rolloutStatus(flagsOf(command))),
  );

  // Reached with the name of no action, or with none.
  rollout
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      throw new InvalidRequestError({
        message:
          wrong === undefined
            ? 'The action is missing.'
            : `There is no \`terrace deploy rollout ${wrong.slice(0, 64)}\`.`,
        hint: `Use one of: ${rollout.commands.map((each) => each.name()).join(', ')}.`,
        facts: { action: wrong?.slice(0, 64) },
      });
    });
}

/** Its own flags, and those that stand on the commands above. */
const flagsOf = <T extends GlobalFlags = GlobalFlags>(command: Command): T => command.optsWithGlobals<T>();
