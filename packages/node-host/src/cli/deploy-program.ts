import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { DeployAddFlags } from './commands/deploy-models.js';
import type { DeploySetFlags } from './commands/deploy-set.js';
import { parseCostUsd, parseCount, parseDurationMs, parseShare } from './quantities.js';
import { addRolloutActions } from './rollout-program.js';
import type { GlobalFlags } from './settings.js';

/** Makes `terrace deploy` of a command that has the flags every command has; each action is a subcommand. */
export function addDeployActions(deploy: Command, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    deploy.command(name).description(description).configureHelp({ showGlobalOptions: true });
  const models = () => import('./commands/deploy-models.js');
  const looks = () => import('./commands/deploy-status.js');

  withSettings(action('set', 'how many models are live, for how long, and what a request may cost')).action(
    async (_, command: Command) => {
      const { deploySet } = await import('./commands/deploy-set.js');
      done(await deploySet(flagsOf<DeploySetFlags>(command)));
    },
  );

  action('add <id>', 'a model that may be live: one tier, or a ladder of them; an id that is there is replaced')
    .option('--tier <tier>', 'one tier alone')
    .option('--ladder <tiers>', 'tiers, lightest first, e.g. nano,small,base', parseTiers)
    .option('--min-confidence <share>', 'the ladder accepts only answers at least this sure', parseShare)
    .option('--max-risk <share>', 'at most this share of what the ladder accepts is wrong', parseShare)
    .option('--carries <share>', 'share of all requests it can carry; all by default', parseShare)
    .option('--expected-cost <usd>', 'what a request is expected to cost, before there is any', parseCostUsd)
    .option('--once-cost <usd>', 'what bringing it into service costs', parseCostUsd)
    .option('--window-cost <usd>', 'what a window costs in which it is live', parseCostUsd)
    .action(async (id: string, _, command: Command) =>
      done(await (await models()).deployAdd(id, flagsOf<DeployAddFlags>(command))),
    );

  action('remove <id>', 'it is live no more as soon as another one answers in its place').action(
    async (id: string, _, command: Command) => done(await (await models()).deployRemove(id, flagsOf(command))),
  );

  action('status', 'which models are live, what they cost and what they are worth').action(
    async (_, command: Command) => done(await (await looks()).deployStatus(flagsOf(command))),
  );

  action('plan', 'what the next window would be; nothing changes').action(async (_, command: Command) =>
    done(await (await looks()).deployPlan(flagsOf(command))),
  );

  action('next', 'begin the next window now').action(async (_, command: Command) =>
    done(await (await models()).deployNext(flagsOf(command))),
  );

  addRolloutActions(deploy.command('rollout').description('bring a model in by steps, and take it back'), done);

  // Reached with the name of no action, or with none.
  deploy
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      throw new InvalidRequestError({
        message:
          wrong === undefined ? 'The action is missing.' : `There is no \`terrace deploy ${wrong.slice(0, 64)}\`.`,
        hint: `Use one of: ${deploy.commands.map((each) => each.name()).join(', ')}.`,
        facts: { action: wrong?.slice(0, 64) },
      });
    });
}

const withSettings = (set: Command): Command =>
  set
    .option('--max-live <n>', 'most models that are live; 3 by default', parseCount)
    .option('--window <time>', 'how long a window lasts; 1d by default', parseDurationMs)
    .option('--budget <limit>', 'what requests may cost: 0.0002/request, 20/month')
    .option('--domain <domain>', 'only requests of this domain')
    .option('--audit <share>', 'share of answers that a larger tier is asked about as well, e.g. 2%', parseShare)
    .option('--auditor <tier>', 'that tier')
    .addOption(
      new Option(
        '--feedback <whose>',
        'whether feedback says what answers are worth: `all` where everybody is asked',
      ).choices(['all', 'drift']),
    )
    .addOption(
      new Option('--new-models <how>', 'by a rollout in steps, or with a small share at once').choices([
        'canary',
        'trial',
      ]),
    )
    .addOption(
      new Option('--context <model>', 'whose embedding of a request has a say in its routing').choices([
        'nano',
        'base',
        'none',
      ]),
    )
    .option('--kwh-price <usd>', 'what a kilowatt-hour costs', parseCostUsd)
    .option('--hour-price <usd>', 'what an hour of this device costs while it is busy', parseCostUsd);

/** Its own flags, and those that stand on `deploy`. */
const flagsOf = <T extends GlobalFlags = GlobalFlags>(command: Command): T => command.optsWithGlobals<T>();

const parseTiers = (text: string): string[] => text.split(',').map((tier) => tier.trim());
