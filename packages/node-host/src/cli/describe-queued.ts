import type { QueuedState } from '@terrace/core';
import { z } from 'zod';
import { percent } from './output.js';

/** What is shown of an answer; the rest of it is for programs. */
const answerSchema = z.object({
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('classification'), label: z.string() }),
    z.object({ kind: z.literal('embedding'), vector: z.array(z.number()) }),
  ]),
  path: z.array(z.string()),
  placement: z.string(),
  confidence: z.number().nullish(),
  verdict: z.object({ degraded: z.string().optional() }),
});

const errorSchema = z.object({ code: z.string(), message: z.string() });
const textSchema = z.object({ text: z.string() });

/** One line of a list. It names no text: lists end up on screens and in logs. */
export function queuedRow(state: QueuedState): string[] {
  const { requestId, atWallMs } = state.queued;
  return [requestId, state.kind, time(atWallMs), outcome(state)];
}

function outcome(state: QueuedState): string {
  switch (state.kind) {
    case 'waiting':
      return state.tries === 0 ? '' : `tried ${state.tries} times`;
    case 'done':
      return `answered ${time(state.atWallMs)}`;
    case 'failed':
      return `given up ${time(state.atWallMs)}: ${errorSchema.safeParse(parsed(state.error)).data?.code ?? 'unknown'}`;
  }
  return state satisfies never;
}

/** One request for a person, with its text and its answer. */
export function describeQueued(state: QueuedState): string {
  const { requestId, atWallMs, request } = state.queued;
  const text = textSchema.safeParse(parsed(request)).data?.text ?? request;
  return [`request     ${requestId}`, `put off     ${time(atWallMs)}`, `text        ${text}`, ...ending(state)].join(
    '\n',
  );
}

function ending(state: QueuedState): string[] {
  switch (state.kind) {
    case 'waiting':
      return ['state       waiting', `tries       ${state.tries}`];
    case 'done':
      return ['state       done', `at          ${time(state.atWallMs)}`, ...answerOf(state.result)];
    case 'failed': {
      const error = errorSchema.safeParse(parsed(state.error)).data;
      const why = error ? `${error.code}: ${error.message}` : state.error;
      return ['state       failed', `at          ${time(state.atWallMs)}`, `why         ${why}`];
    }
  }
  return state satisfies never;
}

function answerOf(result: string): string[] {
  const answer = answerSchema.safeParse(parsed(result)).data;
  if (!answer) return [`answer      ${result}`];
  const { output, path, placement, confidence, verdict } = answer;
  return [
    `answer      ${output.kind === 'classification' ? output.label : `embedding of ${output.vector.length} values`}`,
    ...(typeof confidence === 'number' ? [`confidence  ${percent(confidence)} likely right`] : []),
    `answered    by ${path.join(' + ')} (${placement})`,
    ...(verdict.degraded === undefined ? [] : [`degraded    ${verdict.degraded}`]),
  ];
}

/** One request for a program; `request` only where it was asked for by its id. */
export function queuedInJson(state: QueuedState, withContent: boolean) {
  const { requestId, atWallMs, request } = state.queued;
  const about = { requestId, state: state.kind, putOffAt: time(atWallMs) };
  const content = withContent ? { request: parsed(request) } : {};
  switch (state.kind) {
    case 'waiting':
      return { ...about, tries: state.tries, ...content };
    case 'done':
      return {
        ...about,
        endedAt: time(state.atWallMs),
        ...content,
        ...(withContent && { result: parsed(state.result) }),
      };
    case 'failed':
      return { ...about, endedAt: time(state.atWallMs), ...content, error: parsed(state.error) };
  }
  return state satisfies never;
}

/** Whether what was kept is a best answer so far and not the one that was wanted. */
export const isDegraded = (result: string): boolean =>
  answerSchema.safeParse(parsed(result)).data?.verdict.degraded !== undefined;

/** The code of what a request failed for. */
export const codeOf = (error: string): string | undefined => errorSchema.safeParse(parsed(error)).data?.code;

/** The text itself where it is no JSON: the file may have been damaged. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

/** A clock that was never set may have said anything. */
function time(wallMs: number): string {
  const date = new Date(wallMs);
  return Number.isNaN(date.getTime()) ? '-' : date.toISOString();
}
