import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 1;

/** A number in [0, 1). */
export type Random = () => number;

/** A process that is about to be killed. */
export interface Victim {
  readonly child: ChildProcess;
  /** Whole lines of its standard output so far. What a kill cuts short is not among them. */
  readonly lines: readonly string[];
  /** What it says on standard error, for messages. */
  stderr(): string;
  /** Resolves with the first line that starts with this. @throws when the process ends before */
  says(start: string): Promise<string>;
  /** Resolves with the exit code, or undefined after a signal, when its output has been read. */
  readonly ended: Promise<number | undefined>;
}

export interface Start {
  /** Arguments of Node. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts Node in a process of its own, with nothing of this environment but what it needs. */
export function startVictim({ args, env = {}, cwd }: Start): Victim {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  });
  const lines: string[] = [];
  let rest = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const wake of waiting) wake();
  });
  const ended = once(child, 'close').then(([code]) => {
    for (const wake of waiting) wake();
    return (code as number | null) ?? undefined;
  });
  return {
    child,
    lines,
    stderr: () => stderr,
    ended,
    says(start) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const line = lines.find((each) => each.startsWith(start));
          const over = child.exitCode !== null || child.signalCode !== null;
          if (line === undefined && !over) return;
          waiting.delete(look);
          if (line !== undefined) resolve(line);
          else reject(new Error(`it ended before it said "${start}": ${stderr || lines.join('; ')}`));
        };
        waiting.add(look);
        look();
      });
    },
  };
}

/**
 * Kills a process with SIGKILL at a moment drawn evenly from the next `withinMs`, and waits until it is gone.
 * @param after the time counts from the moment this is so, for processes that mostly do something else
 * @returns false when it had ended by itself before
 */
export async function killAtRandom({
  victim,
  withinMs,
  random,
  after = () => true,
}: {
  victim: Victim;
  withinMs: number;
  random: Random;
  after?: () => boolean;
}): Promise<boolean> {
  const over = new AbortController();
  void victim.ended.then(() => over.abort());
  const delayMs = random() * withinMs;
  while (!over.signal.aborted && !after()) await sleep(POLL_MS);
  await sleep(delayMs, undefined, { signal: over.signal }).catch(() => undefined);
  const killed = !over.signal.aborted && victim.child.kill('SIGKILL');
  await victim.ended;
  return killed && victim.child.signalCode === 'SIGKILL';
}
