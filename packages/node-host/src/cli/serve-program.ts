import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { ServeFlags } from './commands/serve.js';
import type { ServerKeyFlags } from './commands/serve-keys.js';
import { parseBytes, parseCount, parseDurationMs, parsePort, parseRate, parseShare } from './quantities.js';

/** Makes `terrace serve` of a command that has the flags every command has; `keys` is a group of actions under it. */
export function addServeActions(serve: Command, signal: AbortSignal, done: (code: number) => void): void {
  const file = (): Option =>
    new Option('--keys <file>', 'who may send requests (server-keys.json of the state folder)');

  serve
    .option('--host <address>', 'where to listen; other devices reach it only elsewhere than on loopback', '127.0.0.1')
    .option('--port <port>', 'where to listen; 0 takes one that is free', parsePort, 8420)
    .addOption(file())
    .option('--allow-public', 'listen elsewhere than on loopback without keys: whoever reaches it may use it')
    .option('--no-deploy', 'leave the deployment of the state folder alone: every request is planned for by itself')
    .option('--no-cache', 'compute every answer; without it the same request is answered from memory (TERRACE_CACHE)')
    .option('--cache-bytes <size>', 'most that kept answers may take on disk, e.g. 256MiB', parseBytes)
    .option('--cache-ttl <time>', 'longest that an answer is given again, e.g. 7d', parseDurationMs)
    .option('--cache-memory-only', 'keep answers in memory: nothing of them is written to disk')
    .option(
      '--semantic-cache <rate>',
      'answer questions that are alike, of which at most so many may be wrong, e.g. 1%',
      parseShare,
    )
    .option('--documents <collections...>', 'requests may be answered from your documents of these collections')
    .option('--tls-cert <file>', 'certificate (PEM) to encrypt with')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--cors <origins...>', 'web pages of these origins may send requests')
    .option('--max-body <size>', 'largest body that is read, e.g. 4MiB', parseBytes)
    .option('--request-timeout <time>', 'longest that a request may take, e.g. 60s', parseDurationMs)
    .option('--drain <time>', 'how long requests under way may take once the server is stopped', parseDurationMs)
    .option('--max-batch <n>', 'most texts that share a run', parseCount)
    .option('--preferred-batch <n>', 'so many go at once, and fewer wait for company', parseCount)
    .option('--max-queue-delay <time>', 'how long a text may wait for company, e.g. 2ms', parseDurationMs)
    .option('--max-queue <n>', 'texts that may wait; the next one is refused with 429', parseCount)
    .option('--queue-timeout <time>', 'how long a text may wait for its run', parseDurationMs)
    .addOption(
      new Option('--queue-timeout-action <what>', 'and then: refused, or behind all others of its priority').choices([
        'reject',
        'delay',
      ]),
    )
    .addOption(
      new Option('--log-level <level>', 'what to log, to standard error; info is a line a request')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .option('--log-content', 'log texts and answers as well')
    .action(async (flags: ServeFlags) => done(await (await import('./commands/serve.js')).serve(flags, signal)));

  const keys = serve.command('keys').description('who may send requests');
  const action = (name: string, description: string): Command =>
    keys.command(name).description(description).configureHelp({ showGlobalOptions: true });
  const commands = () => import('./commands/serve-keys.js');

  action('add <name>', 'make a key, and print it this once')
    .option('--expires <time>', 'for how long it counts, e.g. 90d', parseDurationMs)
    .option(
      '--models <names>',
      'the models it may use, as /v1/models lists them: "base,nano:*"; * is the rest of a name',
    )
    .addOption(
      new Option('--residency <place>', 'furthest place its texts may go').choices(['device', 'site', 'cloud']),
    )
    .option('--rate <n/min>', 'most requests a minute', parseRate)
    .action(async (name: string, _, command: Command) =>
      done(await (await commands()).addServerKey(name, flagsOf(command))),
    );

  action('list', 'the keys there are').action(async (_, command: Command) =>
    done(await (await commands()).listServerKeys(flagsOf(command))),
  );

  action('remove <name>', 'a key counts no more, also on a server that runs').action(
    async (name: string, _, command: Command) => done(await (await commands()).removeServerKey(name, flagsOf(command))),
  );

  // Reached with the name of no action, or with none.
  keys
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      throw new InvalidRequestError({
        message: wrong === undefined ? 'The action is missing.' : `There is no \`terrace serve keys ${wrong}\`.`,
        hint: `Use one of: ${keys.commands.map((each) => each.name()).join(', ')}.`,
        facts: { action: wrong },
      });
    });
}

/** Its own flags, and those that stand on `serve`. */
const flagsOf = (command: Command): ServerKeyFlags => command.optsWithGlobals<ServerKeyFlags>();
