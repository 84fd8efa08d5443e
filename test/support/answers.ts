import type { ClassificationOutput, Output, TraceEvent, Verdict } from '@terrace/core';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll } from 'vitest';
import { terrace, type Surroundings } from './run-cli.js';
import { bringDevice } from './temporary-home.js';

/** What `terrace run --json` prints. */
export interface Answer<T extends Output = ClassificationOutput> {
  readonly requestId: string;
  readonly output: T;
  readonly tier: string;
  readonly placement: string;
  readonly confidence: number | null;
  readonly verdict: Verdict;
  readonly costUsd: number;
  readonly sentBytes: number;
  readonly trace: readonly TraceEvent[];
}

/** What `--json` prints when a command refuses. */
export interface Failure {
  readonly error: { code: string; message: string; hint: string; facts?: Record<string, unknown> };
}

/** A line that could not be answered. */
export interface BadLine extends Failure {
  readonly line: number;
}

/** Nano is sure of it by itself. */
export const EASY = 'what is my credit score';
/** The text of the README: nano takes it for a lost card. */
export const HARD = 'how do i freeze my account after someone stole my card';

/** A state folder that the tests of a file share. */
export function homeOfThisFile(): string {
  const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-home-'));
  bringDevice(home);
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** `terrace run --domain clinc150 --json`. */
export async function ask<T extends Output = ClassificationOutput>(
  text: string,
  where: Surroundings,
  ...flags: string[]
): Promise<{ code: number | null; stderr: string } & Answer<T>> {
  const { code, stderr, json } = await terrace(['run', '--domain', 'clinc150', '--json', ...flags, text], where);
  return { code, stderr, ...json<Answer<T>>() };
}

/** `terrace` with `--json`, where it is to refuse. */
export async function refusal(
  args: readonly string[],
  where: Surroundings,
): Promise<{ exit: number | null; stderr: string } & Failure['error']> {
  const { code, stderr, json } = await terrace([...args, '--json'], where);
  return { exit: code, stderr, ...json<Failure>().error };
}

/** `terrace run -` on these chunks of standard input. */
export async function askLines(
  chunks: readonly (string | Buffer)[],
  where: Surroundings,
  ...flags: string[]
): Promise<{ code: number | null; lines: (Answer | BadLine)[] }> {
  const input = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  const args = ['run', '--domain', 'clinc150', '--json', ...flags, '-'];
  const { code, stdout } = await terrace(args, { ...where, input });
  const lines = stdout === '' ? [] : stdout.trimEnd().split('\n');
  return { code, lines: lines.map((line) => JSON.parse(line) as Answer | BadLine) };
}

/** In short, for comparing: the label, or the number of a bad line. */
export const inShort = (line: Answer | BadLine): string | number => ('error' in line ? line.line : line.output.label);

/** The events of one kind. */
export const eventsOf = <K extends TraceEvent['kind']>(
  { trace }: { readonly trace: readonly TraceEvent[] },
  kind: K,
): Extract<TraceEvent, { kind: K }>[] =>
  trace.filter((event): event is Extract<TraceEvent, { kind: K }> => event.kind === kind);

/** Tiers that ran, in order. */
export const tiersOf = (answer: { readonly trace: readonly TraceEvent[] }): string[] =>
  eventsOf(answer, 'run').map(({ tier }) => tier);
