import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { PilotStartFlags } from './commands/pilot-start.js';
import { parseCount } from './quantities.js';
import type { GlobalFlags } from './settings.js';

/** Makes `terrace pilot` of a command that has the flags every command has; each action is a subcommand. */
export function addPilotActions(pilot: Command, signal: AbortSignal, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    pilot.command(name).description(description).configureHelp({ showGlobalOptions: true });
  const reports = () => import('./commands/pilot-report.js');

  action('start', 'begin one: what it has to show, beside what, until when')
    .option('--name <name>', 'what it is called')
    .addOption(kpiOption())
    .option('--baseline <what>', 'what it is compared with: before:14d, control:MODEL:10% or figures:FILE')
    .option('--until <date>', 'its last day, in UTC, e.g. 2026-12-24')
    .option('--domain <domain>', 'only requests of this domain')
    .option('--least <n>', 'requests below which there is no verdict; 200 by default', parseCount)
    .action(async (_, command: Command) => {
      const { pilotStart } = await import('./commands/pilot-start.js');
      done(await pilotStart(flagsOf<PilotStartFlags>(command)));
    });

  action('status', 'what it has shown so far, with intervals').action(async (_, command: Command) =>
    done(await (await reports()).pilotStatus(flagsOf(command), signal)),
  );

  action('end', 'what it has shown, go or no-go, and an end to it').action(async (_, command: Command) =>
    done(await (await reports()).pilotEnd(flagsOf(command), signal)),
  );

  // Reached with the name of no action, or with none.
  pilot
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      throw new InvalidRequestError({
        message:
          wrong === undefined ? 'The action is missing.' : `There is no \`terrace pilot ${wrong.slice(0, 64)}\`.`,
        hint: `Use one of: ${pilot.commands.map((each) => each.name()).join(', ')}.`,
        facts: { action: wrong?.slice(0, 64) },
      });
    });
}

/** Its own flags, and those that stand on `pilot`. */
const flagsOf = <T extends GlobalFlags = GlobalFlags>(command: Command): T => command.optsWithGlobals<T>();

const kpiOption = (): Option =>
  new Option('--kpi <goal>', 'e.g. "accuracy>=0.9", "costUsd<=0.8x" of the baseline; may be given again').argParser(
    (kpi: string, before: readonly string[] = []) => [...before, kpi],
  );
