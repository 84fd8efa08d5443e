import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TextEngine, TextJob, TextModel, TextSession } from '../ports/text-engine.js';
import { DEFAULT_GENERATION, type Generation } from '../tasks/text-generation/generation.js';
import type { TextEnd, TextPiece } from '../tasks/text-generation/text-output.js';

export interface TextEngineUnderTest {
  readonly engine: TextEngine;
  /** A sound model with a context of at most a few thousand tokens. */
  readonly model: TextModel;
}

const SAID = 'where is my parcel';
const OTHER = 'how do i freeze my account';

/**
 * What every TextEngine does, whatever its model writes.
 * @param make a new engine for each test, with a model that it can load; the suite closes it
 * @param tokens most that a test lets it write: few where a token takes long
 */
export function describeTextEngineContract(
  name: string,
  make: () => TextEngineUnderTest | Promise<TextEngineUnderTest>,
  { timeoutMs = 20_000, tokens = 12 }: { readonly timeoutMs?: number; readonly tokens?: number } = {},
): void {
  describe(`${name} keeps the TextEngine contract`, { timeout: timeoutMs }, () => {
    let engine: TextEngine;
    let model: TextModel;
    let session: TextSession;
    beforeEach(async () => {
      ({ engine, model } = await make());
      session = await engine.load(model);
    }, timeoutMs);
    afterEach(() => engine.close());

    const job = (said: string, generation: Partial<Generation> = {}, prefix = ''): TextJob => ({
      messages: [{ role: 'user', content: said }],
      tools: [],
      prefix,
      chatTemplate: undefined,
      generation: { ...DEFAULT_GENERATION, maxTokens: tokens, ...generation },
      priority: 'normal',
    });
    const ask = (asked: TextJob, signal?: AbortSignal) => readAll(session.generate(asked, signal));

    it('reports what a load took, in positive numbers', () => {
      const { thread, ...numbers } = session.report;
      for (const number of Object.values(numbers)) {
        expect(number).toBeGreaterThan(0);
        expect(number).toBeLessThan(Infinity);
      }
      expect(thread).toBe('worker');
      expect(session.alive).toBe(true);
      expect(session.active()).toBe(0);
    });

    it('gives an answer in pieces that are its text, with a log-probability of every token', async () => {
      const { pieces, end } = await ask(job(SAID));
      const [{ text, role, finishReason }] = end.choices as [TextEnd['choices'][0]];
      expect(role).toBe('assistant');
      expect(['stop', 'length']).toContain(finishReason);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      const logProbs = pieces.flatMap((piece) => piece.logProbs);
      expect(logProbs).toHaveLength(end.usage.outputTokens);
      for (const logProb of logProbs) expect(logProb).toBeLessThan(0.01);
      expect(end.usage.inputTokens).toBe(await session.countTokens(job(SAID)));
      for (const ms of Object.values(end.timings!)) expect(ms).toBeGreaterThanOrEqual(0);
    });

    it('writes jobs side by side as one by one, drawn ones with the same seed', async () => {
      const jobs = [job(SAID), job(OTHER, { temperature: 0.7, seed: 5 }), job(SAID, { temperature: 1.2, seed: 6 })];
      const alone: string[] = [];
      for (const one of jobs) alone.push(textOf(await ask(one)));
      const together = await Promise.all(jobs.map((one) => ask(one)));
      expect(together.map(textOf)).toEqual(alone);
    });

    it('goes on with the others while nobody reads one, and with that one when somebody does', async () => {
      const whole = textOf(await ask(job(SAID)));
      const slow = session.generate(job(SAID));
      const first = await slow.next();
      const quick = await ask(job(OTHER));
      expect(quick.end.choices[0]!.finishReason).toMatch(/stop|length/);
      if (first.done) return;
      const rest = await readAll(slow);
      expect([...first.value, ...rest.pieces].map(({ text }) => text).join('')).toBe(whole);
    });

    it('draws several answers', async () => {
      const { pieces, end } = await ask(job(SAID, { n: 3, temperature: 1, seed: 2 }));
      expect(end.choices).toHaveLength(3);
      for (const [choice, { text }] of end.choices.entries()) {
        const own = pieces.filter((piece) => piece.choice === choice);
        expect(own.map((piece) => piece.text).join('')).toBe(text);
      }
    });

    it('ends at the number of tokens that was asked for, and before a stop string', async () => {
      const one = await ask(job(SAID, { maxTokens: 1 }));
      expect(one.end.usage.outputTokens).toBeLessThanOrEqual(1);
      const whole = textOf(await ask(job(SAID)));
      if (whole.length < 4) return;
      const stop = whole.slice(whole.length >> 1, (whole.length >> 1) + 3);
      expect(textOf(await ask(job(SAID, { stop: [stop] })))).toBe(whole.slice(0, whole.indexOf(stop)));
    });

    it('knows how likely each of some values is', async () => {
      const values = ['parcel', 'parcels and letters', 'account'];
      const { end } = await ask(job(SAID, { format: { kind: 'enum', values } }));
      const { text, labels } = end.choices[0]!;
      expect(labels!.map(({ label }) => label).toSorted()).toEqual(values.toSorted());
      expect(labels!.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0)).toBeCloseTo(1, 4);
      expect(text).toBe(labels![0]!.label);
    });

    it('frees the place of whoever leaves', async () => {
      for await (const _ of piecesOf(session.generate(job(SAID)))) break;
      expect(session.active()).toBe(0);
      expect((await ask(job(OTHER))).end.choices).toHaveLength(1);
    });

    it('ends with the reason of an abort, before it begins and while it runs', async () => {
      const reason = new Error('enough');
      const early = new AbortController();
      early.abort(reason);
      await expect(ask(job(SAID), early.signal)).rejects.toBe(reason);
      const control = new AbortController();
      const running = session.generate(job(SAID), control.signal);
      await running.next();
      control.abort(reason);
      await expect(readAll(running)).rejects.toBe(reason);
      expect(session.active()).toBe(0);
      expect((await ask(job(OTHER))).end.choices).toHaveLength(1);
    });

    it('refuses a chat that its context has no room for', async () => {
      const long = job(`${SAID} `.repeat(model.contextTokens));
      await expect(ask(long)).rejects.toMatchObject({ code: 'CONTEXT_EXCEEDED' });
    });

    it('gives finite logits for a text, the same again', async () => {
      const logits = await session.logits(SAID);
      expect(logits).toHaveLength(model.vocabulary);
      expect(logits.every(Number.isFinite)).toBe(true);
      expect(await session.logits(SAID)).toEqual(logits);
    });

    it('fails what runs when it is released, and all that comes later', async () => {
      const running = session.generate(job(SAID, { maxTokens: 4 * tokens }));
      await running.next();
      const [rest] = await Promise.allSettled([readAll(running), session.release()]);
      // What was written already may have been all of it.
      if (rest.status === 'rejected') expect(rest.reason).toMatchObject({ code: 'ENGINE_FAILED' });
      await expect(ask(job(SAID))).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
      await expect(session.countTokens(job(SAID))).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
      await expect(session.logits(SAID)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
      await expect(session.release()).resolves.toBeUndefined();
    });

    it('fails what runs when the engine is closed', async () => {
      const running = session.generate(job(SAID, { maxTokens: 4 * tokens }));
      await running.next();
      const [rest] = await Promise.allSettled([readAll(running), engine.close()]);
      if (rest.status === 'rejected') expect(rest.reason).toMatchObject({ code: 'ENGINE_FAILED' });
      await expect(engine.load(model)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    });
  });
}

interface Read {
  readonly pieces: readonly TextPiece[];
  readonly end: TextEnd;
}

const textOf = ({ end }: Read): string => end.choices[0]!.text;

async function readAll(running: AsyncGenerator<readonly TextPiece[], TextEnd>): Promise<Read> {
  const pieces: TextPiece[] = [];
  for (;;) {
    const { value, done } = await running.next();
    if (done) return { pieces, end: value };
    pieces.push(...value);
  }
}

/** Left by `break`, as readers do. */
async function* piecesOf(running: AsyncGenerator<readonly TextPiece[], TextEnd>): AsyncGenerator<TextPiece> {
  for await (const pieces of running) yield* pieces;
}
