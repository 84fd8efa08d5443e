import { CommanderError } from 'commander';
import { EXIT, exitCodeOf, exitCodeOfSignal } from './exit-code.js';
import { printError, printJson } from './output.js';
import { buildProgram } from './program.js';

/** Runs the program and returns its exit code. Commands are loaded when they are called, to start fast. */
export async function main(argv: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  let interruptedBy: NodeJS.Signals | undefined;
  // Once: the work under way is taken back; whoever asks a second time ends the process at once.
  const onInterrupt = (signal: NodeJS.Signals): void => {
    interruptedBy = signal;
    interrupt.abort(new Error('interrupted'));
  };
  process.once('SIGINT', onInterrupt);
  process.once('SIGTERM', onInterrupt);
  let readerGone = false;
  // An exit in the middle of a run would tear the inference runtime down under its threads: the work is taken back.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    readerGone ||= error.code === 'EPIPE';
    interrupt.abort(error);
  });
  let code: number = EXIT.answered;
  const json = argv.includes('--json');
  const program = buildProgram(interrupt.signal, (result) => (code = result));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.answered;
      if (json) printJson({ error: { code: 'USAGE', message: error.message } });
      return EXIT.badInput;
    }
    if (readerGone) return EXIT.answered;
    if (interruptedBy) {
      if (json) printJson({ error: { code: 'INTERRUPTED', message: `Stopped by ${interruptedBy}.` } });
      else process.stderr.write(`stopped by ${interruptedBy}\n`);
      return exitCodeOfSignal(interruptedBy);
    }
    printError(error, json);
    return exitCodeOf(error);
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    process.removeListener('SIGTERM', onInterrupt);
  }
}
