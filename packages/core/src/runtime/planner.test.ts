import { describe, expect, it } from 'vitest';
import { createRuntime } from '../runtime.js';
import type { Catalog } from '../catalog/schema.js';
import type { Result } from './result.js';
import {
  createFakePorts,
  EXAMPLE_LABELS,
  exampleBase,
  exampleCalibration,
  exampleCatalog,
  exampleModel,
  exampleNano,
  exampleProfile,
  fakeFile,
  scoresFor,
  type FakeModel,
} from '../testing/index.js';

const says = (label: string, probability: number, rest: FakeModel = {}): FakeModel => ({
  scores: () => scoresFor(label, probability, EXAMPLE_LABELS),
  ...rest,
});
const question = { text: 'freeze my card', domain: 'bank' } as const;
const sure = { nano: says('balance', 0.99), base: says('balance', 0.99) };
const planOf = ({ trace }: Result) => trace.find((event) => event.kind === 'plan')!;

/** How often calibrations were asked for: once a plan that is made. */
function countPlans(ports: ReturnType<typeof createFakePorts>) {
  let made = 0;
  const catalog = {
    current: ports.catalog.current,
    calibration(domain: string, of?: Catalog) {
      made++;
      return ports.catalog.calibration(domain, of);
    },
  };
  return { ports: { ...ports, catalog }, made: () => made };
}

/** The example catalog after its publisher replaced nano's weights. */
function newerCatalog() {
  const variants = [{ dtype: 'int8' as const, providers: ['cpu'], weights: fakeFile('nano/newer.onnx') }];
  return exampleCatalog({ models: [exampleModel({ ...exampleNano(), variants }), exampleBase()], revision: 'second' });
}

describe('plans', () => {
  it('are made once for equal requirements, whatever the text', async () => {
    const { ports, made } = countPlans(createFakePorts({ models: sure }));
    const runtime = createRuntime(ports);
    await runtime.run(question);
    await runtime.run({ ...question, text: 'another text' });
    expect(made()).toBe(1);
    expect(ports.probe.asked()).toBe(1);
    await runtime.run({ ...question, maxRisk: 0.03 });
    expect(made()).toBe(2);
    expect(ports.probe.asked()).toBe(1);
  });

  it('do not grow without bound: of 1,000 kinds of requests the oldest are forgotten', async () => {
    const { ports, made } = countPlans(createFakePorts({ models: sure }));
    const runtime = createRuntime(ports);
    const ask = (i: number) => runtime.run({ ...question, deadlineMs: 1000 + i });
    for (let i = 0; i < 1000; i++) await ask(i);
    expect(made()).toBe(1000);
    for (let i = 744; i < 1000; i++) await ask(i);
    expect(made()).toBe(1000);
    await ask(743);
    expect(made()).toBe(1001);
  });

  it('look at the device again after half a minute', async () => {
    const ports = createFakePorts({ models: sure });
    const runtime = createRuntime(ports);
    await runtime.run(question);
    ports.clock.advance(29_000);
    await runtime.run(question);
    expect(ports.probe.asked()).toBe(1);
    ports.clock.advance(2000);
    await runtime.run(question);
    expect(ports.probe.asked()).toBe(2);
  });

  it('take the calibration of the catalog that they are made for, though another one comes meanwhile', async () => {
    const ports = createFakePorts({ models: sure });
    const newer = newerCatalog();
    const probe = {
      profile: (options?: { readonly signal?: AbortSignal }) => {
        ports.catalog.replace(newer, exampleCalibration(newer));
        return ports.probe.profile(options);
      },
    };
    const runtime = createRuntime({ ...ports, probe });
    const first = await runtime.run(question);
    expect(planOf(first).catalogRevision).toBe(exampleCatalog().revision);
    expect(planOf(await runtime.run(question)).catalogRevision).toBe(newer.revision);
  });

  it('leave a ladder at once that no longer fits, and take a better one only after a while', async () => {
    const ports = createFakePorts({ models: sure });
    const runtime = createRuntime(ports);
    const ladderAfter = async (ms: number) => {
      ports.clock.advance(ms);
      return planOf(await runtime.run(question)).ladder;
    };
    const plenty = exampleProfile();
    expect(await ladderAfter(0)).toEqual(['nano', 'base']);
    ports.probe.become(exampleProfile({ memory: { ...plenty.memory, usableBytes: 8 * 2 ** 20 } }));
    expect(await ladderAfter(31_000)).toEqual(['nano']);
    ports.probe.become(plenty);
    expect(await ladderAfter(31_000)).toEqual(['nano']);
    expect(await ladderAfter(31_000)).toEqual(['nano']);
    expect(await ladderAfter(120_000)).toEqual(['nano', 'base']);
  });
});

describe('a tier that the page died of', () => {
  const crashed = (...models: (typeof base)[]) =>
    exampleProfile({
      crashes: models.map(({ id, variants }) => ({
        variantId: variants[0]!.weights.sha256,
        modelId: id,
        provider: 'cpu',
        phase: 'run',
        timesInARow: 1,
        atWallMs: 0,
        untilWallMs: 60_000,
      })),
    });
  const base = exampleBase();
  const unsure = { nano: says('balance', 0.4), base: says('balance', 0.99) };

  it('is left out, which makes answers worse, and is back as soon as the profile has it no more', async () => {
    const ports = createFakePorts({ models: unsure, profile: crashed(base) });
    const runtime = createRuntime(ports);
    const first = await runtime.run(question);
    expect(first).toMatchObject({ path: ['nano'], verdict: { degraded: 'tier-failed' } });
    expect(planOf(first).rejected).toContainEqual(expect.objectContaining({ tier: 'base', code: 'crashed' }));
    ports.probe.become(exampleProfile());
    ports.clock.advance(31_000);
    const later = await runtime.run(question);
    expect(later.path).toEqual(['nano', 'base']);
    expect(later.verdict.degraded).toBeUndefined();
  });

  it('is not tried where nothing else is left, until the profile has it no more', async () => {
    const ports = createFakePorts({ models: unsure, profile: crashed(exampleNano(), base) });
    const runtime = createRuntime(ports);
    const refused = { code: 'NO_TIER_FITS', hint: expect.stringContaining('1970-01-01T00:01:00.000Z') };
    await expect(runtime.run(question)).rejects.toMatchObject(refused);
    await expect(runtime.run({ ...question, deadlineMs: 5 })).rejects.toMatchObject(refused);
    expect(ports.engine.loads).toEqual([]);
    ports.probe.become(exampleProfile());
    ports.clock.advance(31_000);
    expect((await runtime.run(question)).path).toEqual(['nano', 'base']);
  });
});

describe('a catalog that is replaced while the runtime works', () => {
  const newer = newerCatalog();

  it('is planned for at once; the new variant is loaded and the old one let go', async () => {
    const ports = createFakePorts({ models: sure });
    const runtime = createRuntime(ports);
    expect(planOf(await runtime.run(question)).catalogRevision).toBe(exampleCatalog().revision);
    ports.catalog.replace(newer, exampleCalibration(newer));
    const result = await runtime.run(question);
    expect(planOf(result)).toMatchObject({
      catalogRevision: newer.revision,
      ladderRevision: newer.domains[0]!.ladderRevision,
    });
    expect(ports.engine.loads.map(({ variantId }) => variantId)).toEqual(
      [exampleCatalog(), newer].map(({ models }) => models[0]!.variants[0]!.weights.sha256),
    );
    expect(ports.engine.released).toEqual([exampleNano().variants[0]!.weights.sha256]);
    await runtime.flush();
    const loads = ports.entries.flatMap((entry) => (entry.kind === 'load' ? [entry.record.replaces] : []));
    expect(loads).toEqual([undefined, exampleNano().variants[0]!.weights.sha256]);
  });

  it('is not forgotten for a plan that was begun before', async () => {
    const ports = createFakePorts({ models: sure });
    let open = (): void => undefined;
    const passed = new Promise<void>((resolve) => {
      open = resolve;
    });
    let isFirst = true;
    const catalog = {
      current: ports.catalog.current,
      async calibration(domain: string) {
        const calibration = await ports.catalog.calibration(domain);
        if (isFirst) {
          isFirst = false;
          await passed;
        }
        return calibration;
      },
    };
    const runtime = createRuntime({ ...ports, catalog });
    const early = runtime.run(question);
    await new Promise((resolve) => void setTimeout(resolve, 0));
    ports.catalog.replace(newer, exampleCalibration(newer));
    expect(planOf(await runtime.run(question)).catalogRevision).toBe(newer.revision);
    open();
    expect(planOf(await early).catalogRevision).toBe(exampleCatalog().revision);
    expect(planOf(await runtime.run(question)).catalogRevision).toBe(newer.revision);
  });
});
