import { describe, expect, it } from 'vitest';
import { EngineError } from '../../errors/engine-error.js';
import { ProviderWrongError } from '../../errors/provider-wrong-error.js';
import type { TextEngine } from '../../ports/text-engine.js';
import { DEFAULT_GENERATION } from '../../tasks/text-generation/generation.js';
import type { SelfTestRecord, SelfTestRecords } from '../../ports/self-test-records.js';
import { exampleModel, fakeFile } from '../../testing/example-catalog.js';
import { createFakeClock } from '../../testing/fake-clock.js';
import { createFakeStore } from '../../testing/fake-store.js';
import { createFakeTextEngine } from '../../testing/fake-text-engine.js';
import type { TextAsk, TextRun } from '../text-source.js';
import { createRememberedTests } from './remembered-tests.js';
import type { LocalTextRung } from './text-model.js';
import { createTextSessions, type TextSessionsPorts } from './text-sessions.js';

const IDLE_MS = 60_000;
const BYTES = 1000;

function rung(id: string, changes: Partial<LocalTextRung['estimate']> = {}): LocalTextRung {
  const text = { family: 'tiny', kvHeads: 1, headDim: 16, kvBytesPerElement: 4 as const, endTokens: [2], maxRows: 8 };
  const model = { ...exampleModel({ id, task: 'text-generation', interface: 'transformers' }), text };
  const estimate = {
    provider: 'cpu',
    memoryBytes: BYTES,
    kvBytes: 100,
    contextTokens: 1024,
    firstTokenMs: 100,
    tokensPerSecond: 50,
    loadMs: 700,
    costUsd: 0,
    basis: 'predicted' as const,
    ...changes,
  };
  const tier = {
    kind: 'local',
    id,
    placement: 'device',
    model,
    variant: model.variants[0]!,
    delta: undefined,
    template: undefined,
  } as const;
  return { tier, estimate, calibration: undefined };
}

const ask: TextAsk = {
  messages: [{ role: 'user', content: 'hello' }],
  tools: [],
  prefix: '',
  chatTemplate: undefined,
  generation: DEFAULT_GENERATION,
  priority: 'normal',
  requestId: 'r1',
  domain: undefined,
  key: 'a key',
  expectedMs: 100,
};

function opened(ports: Partial<TextSessionsPorts> = {}, engine = createFakeTextEngine()) {
  const clock = createFakeClock();
  const loaded: string[] = [];
  const sessions = createTextSessions({
    engine,
    store: createFakeStore(),
    clock,
    idleUnloadMs: IDLE_MS,
    onLoad: ({ tier }) => loaded.push(tier.id),
    ...ports,
  });
  return { sessions, engine, clock, loaded };
}

async function read({ pieces }: TextRun): Promise<string> {
  let text = '';
  for await (const some of pieces) for (const piece of some) text += piece.text;
  return text;
}

describe('sessions of text models', () => {
  it('load when somebody asks, once however many ask, and tell what that took', async () => {
    const { sessions, engine, loaded } = opened();
    const source = sessions.source(rung('tiny'));
    expect(source.readyInMs()).toBe(700);
    const runs = [source.run(ask, undefined), source.run(ask, undefined)];
    expect(await Promise.all(runs.map(read))).toEqual(['one two three', 'one two three']);
    expect([engine.loads.length, loaded]).toEqual([1, ['tiny']]);
    expect(runs[0]!.spent().loadedBytes).toBeGreaterThan(0);
    expect(source.readyInMs()).toBe(0);
    const again = source.run(ask, undefined);
    await read(again);
    expect(again.spent()).toMatchObject({ loadedBytes: 0, loadMs: 0, costUsd: 0 });
  });

  it('hand a job on without who asked it', async () => {
    const { sessions, engine } = opened();
    await read(sessions.source(rung('tiny')).run(ask, undefined));
    expect(Object.keys(engine.runs[0]!.job).toSorted()).toEqual([
      'chatTemplate',
      'generation',
      'messages',
      'prefix',
      'priority',
      'tools',
    ]);
  });

  it('forget a load that failed', async () => {
    let failures = 1;
    const onLoad = (): void => {
      if (failures-- > 0) throw new EngineError({ message: 'no', hint: 'again' });
    };
    const { sessions } = opened({}, createFakeTextEngine({ onLoad }));
    const source = sessions.source(rung('tiny'));
    await expect(read(source.run(ask, undefined))).rejects.toThrow(EngineError);
    expect(await read(source.run(ask, undefined))).toBe('one two three');
  });

  it('go when nobody has used them for a while, and come back', async () => {
    const { sessions, engine, clock } = opened();
    await sessions.prepare(rung('tiny'));
    expect(sessions.loadedBytes()).toBe(BYTES);
    clock.advance(IDLE_MS);
    await Promise.resolve();
    await expect.poll(() => engine.released.length).toBe(1);
    expect(sessions.loadedBytes()).toBe(0);
    await sessions.prepare(rung('tiny'));
    expect(engine.loads).toHaveLength(2);
  });

  it('make room for another by what was used least recently, and never by one that is at work', async () => {
    const { sessions, engine, clock } = opened({ ceilingBytes: () => 2 * BYTES });
    const first = sessions.source(rung('a')).run(ask, undefined);
    await first.pieces.next();
    clock.advance(1);
    await sessions.prepare(rung('b'));
    clock.advance(1);
    await sessions.prepare(rung('c'));
    expect(engine.released).toEqual([fakeFile('b/int8.onnx').sha256]);
    expect(await read(first)).toContain('three');
  });

  it('load anew for a longer context, once nobody is at work', async () => {
    const { sessions, engine } = opened();
    const short = sessions.source(rung('tiny')).run(ask, undefined);
    await short.pieces.next();
    const long = rung('tiny', { contextTokens: 4096 });
    await sessions.prepare(long);
    expect(engine.loads).toHaveLength(1);
    await read(short);
    await sessions.prepare(long);
    expect(engine.loads.map(({ contextTokens }) => contextTokens)).toEqual([1024, 4096]);
  });

  it('are not loaded anew for a chat that fits into what is loaded, however much room there is by now', async () => {
    const { sessions, engine } = opened();
    await sessions.prepare(rung('tiny'));
    const roomier = sessions.source(rung('tiny', { contextTokens: 4096 }));
    await read(roomier.run(ask, undefined));
    expect(engine.loads).toHaveLength(1);
    const long = { ...ask, messages: [{ role: 'user' as const, content: 'hello '.repeat(1000) }] };
    await read(roomier.run(long, undefined));
    expect(engine.loads.map(({ contextTokens }) => contextTokens)).toEqual([1024, 4096]);
  });

  it('stay until whoever they were loaded for has them, also where others wait for their room', async () => {
    const { sessions } = opened({ ceilingBytes: () => BYTES });
    const runs = ['a', 'b', 'c'].map((id) => read(sessions.source(rung(id)).run(ask, undefined)));
    expect(await Promise.all(runs)).toEqual(Array(3).fill('one two three'));
  });

  it('make room for others when they are asked to, as far as nobody is at work', async () => {
    const { sessions, engine } = opened({ ceilingBytes: () => 2 * BYTES });
    const run = sessions.source(rung('a')).run(ask, undefined);
    await run.pieces.next();
    await sessions.prepare(rung('b'));
    expect([sessions.loadedBytes(), sessions.busyBytes()]).toEqual([2 * BYTES, BYTES]);
    await sessions.makeRoom(2 * BYTES);
    expect(engine.released).toEqual([fakeFile('b/int8.onnx').sha256]);
    await read(run);
    expect([sessions.loadedBytes(), sessions.busyBytes()]).toEqual([BYTES, 0]);
  });

  it('stop waiting for a load when the caller does; the load goes on', async () => {
    let start = (): void => undefined;
    const started = new Promise<void>((resolve) => (start = resolve));
    const { sessions, loaded } = opened({}, createFakeTextEngine({ onLoad: () => started }));
    const control = new AbortController();
    const waiting = read(sessions.source(rung('tiny')).run(ask, control.signal));
    control.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    start();
    await expect.poll(() => loaded).toEqual(['tiny']);
  });

  it('refuse a model that answers wrongly, and do not load it again', async () => {
    const engine = createFakeTextEngine();
    const golden = fakeFile('golden-text.json');
    const base = rung('tiny');
    const wrong = { ...base, tier: { ...base.tier, model: { ...base.tier.model, golden } } };
    const json = {
      texts: ['a text'],
      top: [
        [
          [7, -0.1],
          [8, -3],
        ],
      ],
    };
    const { sessions } = opened({ readFile: async () => new TextEncoder().encode(JSON.stringify(json)) }, engine);
    for (let tries = 0; tries < 2; tries++) {
      await expect(sessions.prepare(wrong)).rejects.toThrow(ProviderWrongError);
    }
    expect([engine.loads.length, engine.released.length]).toEqual([1, 1]);
    expect(sessions.source(wrong).closed()).toBe('tier-failed');
  });

  it('are loaded again where the thread ended before they were looked at', async () => {
    const engine = createFakeTextEngine();
    let breaks = true;
    const fragile: TextEngine = {
      ...engine,
      async load(model, options) {
        const session = await engine.load(model, options);
        const logits = async (text: string): Promise<Float32Array> => {
          if (!breaks) return session.logits(text);
          breaks = false;
          throw new EngineError({ message: 'the thread ended', hint: 'again' });
        };
        return { ...session, alive: true, logits };
      },
    };
    const { sessions } = opened({ engine: fragile });
    await expect(sessions.prepare(rung('tiny'))).rejects.toThrow('the thread ended');
    expect(sessions.source(rung('tiny')).closed()).toBeUndefined();
    await sessions.prepare(rung('tiny'));
    expect(engine.loads).toHaveLength(2);
  });

  it('examine a model once a device, and again where something else computes it', async () => {
    const kept: SelfTestRecord[] = [];
    const environment = { runtimeVersion: '1', cpu: 'one' };
    const clock = createFakeClock();
    const failures: unknown[] = [];
    const start = async (records: Partial<SelfTestRecords> = {}): Promise<number> => {
      const engine = createFakeTextEngine();
      const load = engine.load.bind(engine);
      let examined = 0;
      engine.load = async (...args) => {
        const session = await load(...args);
        const logits = session.logits.bind(session);
        session.logits = async (text) => (examined++, logits(text));
        return session;
      };
      const remembered = createRememberedTests({
        records: { list: async () => kept, put: async (record) => void kept.push(record), ...records },
        environment: async () => environment,
        clock,
        onFailure: (error) => failures.push(error),
      });
      await opened({ remembered }, engine).sessions.prepare(rung('tiny'));
      return examined;
    };
    expect([await start(), await start()]).toEqual([3, 0]);
    environment.cpu = 'another';
    expect(await start()).toBe(3);
    expect(kept.map(({ cpu, verdict }) => [cpu, verdict.kind])).toEqual([
      ['one', 'passed'],
      ['another', 'passed'],
    ]);
    expect(failures).toEqual([]);
    const broken = new Error('no disk');
    expect(await start({ list: () => Promise.reject(broken), put: () => Promise.reject(broken) })).toBe(3);
    expect(failures).toEqual([broken, broken]);
  });

  it('do not hold a delta to what was computed without it', async () => {
    const base = rung('tiny');
    const golden = fakeFile('golden-text.json');
    const delta = { contentId: 'd', adapter: fakeFile('delta'), kind: 'lora', rank: 1, scale: 1 };
    const model = { ...base.tier.model, golden };
    const changed = {
      ...base,
      tier: { ...base.tier, model, delta: delta as unknown as LocalTextRung['tier']['delta'] },
    };
    const json = {
      texts: ['a text'],
      top: [
        [
          [7, -0.1],
          [8, -3],
        ],
      ],
    };
    const { sessions } = opened({ readFile: async () => new TextEncoder().encode(JSON.stringify(json)) });
    await sessions.prepare(changed);
    expect(sessions.source(changed).readyInMs()).toBe(0);
  });

  it('count every download from the first event on', async () => {
    const store = createFakeStore({ fetchable: ['tokenizer.json', 'tiny/int8.onnx'] });
    const { sessions } = opened({ store });
    const seen: number[][] = [];
    await sessions.prepare(rung('tiny'), {
      onProgress: ({ doneBytes, totalBytes }) => seen.push([doneBytes, totalBytes]),
    });
    const total = 2 ** 20 + 1000;
    expect(seen).toEqual([
      [0, total],
      [1000, total],
      [1000, total],
      [total, total],
    ]);
  });
});
