import { Argument, Command, Option } from 'commander';
import type { CalibrateFlags } from './commands/calibrate.js';
import type { CalibrateTextFlags } from './commands/calibrate-text.js';
import type { FeedbackFlags } from './commands/feedback.js';
import type { PrecacheFlags } from './commands/precache.js';
import type { ReportFlags } from './commands/report.js';
import { addBudgetActions } from './budget-program.js';
import { addCacheActions } from './cache-program.js';
import { addChatFlags } from './chat-program.js';
import { addDeltaActions } from './delta-program.js';
import { addDeployActions } from './deploy-program.js';
import { addDocumentsActions } from './documents-program.js';
import { addKeysActions } from './keys-program.js';
import { addLearnActions } from './learn-program.js';
import { addModelsActions } from './models-program.js';
import { addPilotActions } from './pilot-program.js';
import { addPlanFlags } from './plan-program.js';
import { addPromptActions } from './prompt-program.js';
import { addQueueActions } from './queue-program.js';
import { addServeActions } from './serve-program.js';
import { addSimulateFlags } from './simulate-program.js';
import { addTiersActions } from './tiers-program.js';
import { parseBytes, parseCostUsd, parseCount, parseDurationMs, parseShare } from './quantities.js';
import type { GlobalFlags, RequestFlags } from './settings.js';
import { VERSION } from '../version.js';

/** All commands with their flags. What they do is loaded when one is called, and tells `done` its exit code. */
export function buildProgram(signal: AbortSignal, done: (code: number) => void): Command {
  const program = new Command('terrace')
    .description('Answers each request on the lightest model that is sure enough.')
    .version(VERSION)
    .showHelpAfterError('  See the command with --help.')
    .exitOverride();
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('--json', 'print JSON')
      .option('--home <folder>', 'where state lives (TERRACE_HOME)')
      .option('--models <folder>', 'the folder with catalog.json (TERRACE_MODELS_FOLDER)')
      .exitOverride();

  withMemory(command('profile', 'what this device offers')).action(async (flags: GlobalFlags) => {
    const { profile } = await import('./commands/profile.js');
    done(await profile(flags, signal));
  });

  withRequirements(command('recommend', 'which tiers fit, and why not the others')).action(
    async (flags: RequestFlags) => {
      const { recommendCommand } = await import('./commands/recommend.js');
      done(await recommendCommand(flags, signal));
    },
  );

  withRequirements(command('run', 'answer one text, or one {"text"} a line from standard input'))
    .argument('<text>', 'the text, or - for standard input')
    .action(async (text: string, flags: RequestFlags) => {
      const { run } = await import('./commands/run.js');
      done(await run(text, flags, signal));
    });

  addChatFlags(withMemory(command('chat', 'talk with the lightest text model that is sure enough')), signal, done);

  withRequirements(command('eval', 'measure accuracy, coverage, risk and cost on labelled data'))
    .addOption(dataOption())
    .addOption(everyOption())
    .action(async (flags) => {
      const { evaluate } = await import('./commands/evaluate.js');
      done(await evaluate(flags, signal));
    });

  withMemory(command('calibrate', 'fit confidences and risk thresholds of a domain, or of answers in text'))
    .option('--domain <domain>', 'the domain; of text only where there is one')
    .addOption(dataOption().makeOptionMandatory(false))
    .addOption(everyOption())
    .option('--text <file>', 'questions of text tiers, one {"prompt", "answer"} a line')
    .option('--tier <ids...>', 'only these text tiers')
    .addOption(
      new Option('--judge <how>', 'how an answer is compared with the right one').choices([
        'exact',
        'contains',
        'json',
      ]),
    )
    .option('--max-tokens <n>', 'longest answer in text, in tokens', parseCount)
    .option('--agreement', 'draw each answer anew, to see whether it stays the same')
    .option('--out <file>', "write here instead of the domain's calibration file")
    .action(async (flags: CalibrateFlags & CalibrateTextFlags) => {
      if (flags.text !== undefined) {
        const { calibrateText } = await import('./commands/calibrate-text.js');
        return done(await calibrateText(flags, signal));
      }
      const { calibrate } = await import('./commands/calibrate.js');
      done(await calibrate(flags, signal));
    });

  addServeActions(withMemory(command('serve', 'answer requests over HTTP')), signal, done);

  addModelsActions(command('models', 'list, show, fetch, add, remove and verify models'), signal, done);

  addDeltaActions(withMemory(command('delta', 'fit, keep, promote and take back what was learnt')), signal, done);

  addTiersActions(command('tiers', 'the rungs of the ladder, and those that others run'), signal, done);

  addQueueActions(withMemory(command('queue', 'requests that wait for the network, and their answers')), signal, done);

  addDocumentsActions(
    withMemory(command('documents', 'passages of your own documents, found and cited')),
    signal,
    done,
  );

  addCacheActions(withMemory(command('cache', 'answers that are given again')), signal, done);

  addBudgetActions(command('budget', 'what requests may cost, and what is left'), done);

  addKeysActions(command('keys', 'who may sign models, and signing them'), signal, done);

  command('feedback', 'say whether an answer was right')
    .argument('<request>', 'the id of the request, as `terrace run` prints it')
    .addArgument(new Argument('<verdict>', 'what you found out').choices(['right', 'wrong']))
    .option('--correction <label>', 'what the answer should have been')
    .option('--comment <text>', 'anything else')
    .action(async (request: string, verdict: 'right' | 'wrong', flags: FeedbackFlags) => {
      const { feedbackCommand } = await import('./commands/feedback.js');
      done(await feedbackCommand(request, verdict, flags));
    });

  addPromptActions(withMemory(command('prompt', 'what shorter chats save')), signal, done);

  addLearnActions(withMemory(command('learn', 'what was learnt from answers, and learning more')), signal, done);

  command('report', 'climb rate, accuracy, latency, cost and energy, beside everything in the cloud')
    .option('--since <time>', 'only requests of so long ago, e.g. 7d', parseDurationMs)
    .option('--domain <domain>', 'only requests of this domain')
    .option('--max-risk <share>', 'warn of tiers that are wrong more often than this, e.g. 2%', parseShare)
    .action(async (flags: ReportFlags) => {
      const { reportCommand } = await import('./commands/report.js');
      done(await reportCommand(flags, signal));
    });

  addSimulateFlags(
    command('simulate', 'what a deployment would have made of a table of rewards and costs'),
    signal,
    done,
  );

  addPlanFlags(command('plan', 'what accuracy each budget and machine would buy'), signal, done);

  addDeployActions(command('deploy', 'which models are live, within which budget, and for how long'), done);

  addPilotActions(command('pilot', 'begin small: goals, a baseline, a date, and a go or no-go'), signal, done);

  command('precache', "list a page's files, for starting it without a network")
    .argument('<folder>', 'what is deployed; offline.json is written into it')
    .addOption(pathsOption('--exclude <paths>', 'leave these out, e.g. "models/**"; may be given again'))
    .addOption(pathsOption('--when-used <paths>', 'keep these from their first use on; may be given again'))
    .action(async (folder: string, flags: PrecacheFlags) => {
      const { precache } = await import('./commands/precache.js');
      done(await precache(folder, flags, signal));
    });

  withMemory(command('doctor', 'check everything and say how to fix it'))
    .option('--fix', 'put right what can be put right; damaged files are set aside, never deleted')
    .action(async (flags: GlobalFlags & { readonly fix?: boolean }) => {
      const { doctor } = await import('./commands/doctor.js');
      done(await doctor(flags, signal));
    });

  return program;
}

const withMemory = (command: Command): Command =>
  command.option('--memory <size>', 'most memory models may take, e.g. 64MiB (TERRACE_MEMORY)', parseBytes);

function withRequirements(command: Command): Command {
  return withMemory(command)
    .option('--domain <domain>', 'the domain the text belongs to')
    .option('--sub-domain <name>', 'narrow the answer to a sub-domain')
    .addOption(
      new Option('--task <task>', 'what to do').choices([
        'text-classification',
        'feature-extraction',
        'text-generation',
      ]),
    )
    .option('--max-risk <share>', 'at most this share of accepted answers wrong, e.g. 2%', parseShare)
    .option('--min-confidence <share>', 'accept only answers at least this sure', parseShare)
    .option('--max-cost <usd>', 'most a request may cost', parseCostUsd)
    .option('--value <usd>', 'what a right answer is worth: climbs that cost money must earn it', parseCostUsd)
    .addOption(
      new Option('--when-offline <what>', 'when the tier it needs cannot be reached').choices(['degrade', 'queue']),
    )
    .option('--deadline <time>', 'when the best answer so far is wanted, e.g. 50ms', parseDurationMs)
    .addOption(new Option('--residency <place>', 'furthest place the text may go').choices(['device', 'site', 'cloud']))
    .option('--policy <policy>', 'cascade, or the id of one tier')
    .option('--calibration <file>', "use this calibration instead of the domain's");
}

const dataOption = (): Option =>
  new Option('--data <files...>', 'labelled rows, one {"text", "label"} a line').makeOptionMandatory();

const everyOption = (): Option =>
  new Option('--every <n>', 'use every n-th row only, from the first').argParser(parseCount);

const pathsOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((paths: string, before: readonly string[] = []) => [...before, paths]);
