import { createInterface } from 'node:readline';
import { printError } from '../output.js';
import type { Chat } from './chat-turns.js';

/** A chat with a person: Ctrl-C ends an answer, and where none is written the chat. */
export async function chatOnTerminal(chat: Chat, signal: AbortSignal): Promise<void> {
  const screen = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  let answer: AbortController | undefined;
  const stop = (): void => {
    answer?.abort(new Error('stopped'));
    screen.close();
  };
  // While lines are edited the terminal sends no signal, but this.
  screen.on('SIGINT', () => (answer ? answer.abort(new Error('stopped')) : screen.close()));
  signal.addEventListener('abort', stop, { once: true });
  try {
    screen.prompt();
    for await (const line of screen) {
      if (line.trim() !== '') {
        answer = new AbortController();
        const { signal: stopped } = answer;
        try {
          if ((await chat.take(line, stopped)) === 'over') return;
        } catch (error) {
          signal.throwIfAborted();
          if (!stopped.aborted) printError(error, false);
        } finally {
          answer = undefined;
        }
      }
      screen.prompt();
    }
  } finally {
    signal.removeEventListener('abort', stop);
    screen.close();
  }
}
