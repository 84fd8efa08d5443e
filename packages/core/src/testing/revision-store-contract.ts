import { describe, expect, it } from 'vitest';
import type { Calibration } from '../catalog/calibration.js';
import type { Delta, Model } from '../catalog/schema.js';
import { DeltaMismatchError } from '../errors/delta-mismatch-error.js';
import { UnknownRevisionError } from '../errors/unknown-revision-error.js';
import type { CatalogSource } from '../ports/catalog-source.js';
import type { PackedDelta, Revision, RevisionDraft, RevisionStore } from '../ports/revision-store.js';
import type { StartHash } from '../ports/running-hash.js';
import { exampleLadder } from './example-calibration.js';
import { examplePackedDelta } from './example-packed-delta.js';

export interface RevisionsUnderTest {
  readonly revisions: RevisionStore;
  /** Over the same models, of which one at least takes deltas. Nothing in it is called `contract`. */
  readonly catalog: CatalogSource;
  readonly startHash: StartHash;
}

const DOMAIN = 'contract';

/** What every RevisionStore does. @param make a store in which nothing is kept of the domain `contract` */
export function describeRevisionStoreContract(
  name: string,
  make: () => RevisionsUnderTest | Promise<RevisionsUnderTest>,
): void {
  describe(`${name} keeps the RevisionStore contract`, () => {
    it('has nothing kept and nothing in force of a domain that nobody knows', async () => {
      const { revisions } = await make();
      expect(await revisions.list(DOMAIN)).toEqual([]);
      expect(await revisions.current(DOMAIN)).toBeUndefined();
    });

    it('keeps a draft beside what is in force, with its calibration, origin and decision', async () => {
      const { revisions, catalog, ...given } = await make();
      const before = catalog.current();
      const decision = {
        kind: 'keep',
        reason: 'too-few-rows',
        comparison: { accuracy: { value: 0, interval: [0, 0.5], rows: 3 }, subDomains: {}, costRatio: 1 },
      } as const;
      const plain = draftOf({ catalog, ...given }, { decision });
      const draft = { ...plain, calibration: exampleOf(modelOf(catalog), plain.deltas[0]!) };
      const revision = await revisions.keep(draft);
      expect(revision).toMatchObject({ domain: DOMAIN, origin: 'fitted', parent: undefined, decision });
      expect(contentIds(revision.deltas)).toEqual(draft.deltas.map(({ contentId }) => contentId));
      expect(await revisions.list(DOMAIN)).toEqual([revision]);
      expect(await revisions.calibration(revision)).toEqual(draft.calibration);
      expect(catalog.current()).toBe(before);
      expect(await revisions.current(DOMAIN)).toBeUndefined();
    });

    it('puts a revision in force: the catalog lists its deltas, under its id', async () => {
      const { revisions, catalog, ...given } = await make();
      const revision = await revisions.keep(draftOf({ catalog, ...given }));
      await revisions.activate(DOMAIN, revision.id);
      expect(inForce(catalog)).toEqual({ id: revision.id, deltas: contentIds(revision.deltas) });
      expect(await revisions.current(DOMAIN)).toEqual(revision);
    });

    it('keeps the same content once, and activates it as often as it is told', async () => {
      const { revisions, catalog, ...given } = await make();
      const first = await revisions.keep(draftOf({ catalog, ...given }));
      expect(await revisions.keep(draftOf({ catalog, ...given }))).toEqual(first);
      await revisions.activate(DOMAIN, first.id);
      await revisions.activate(DOMAIN, first.id);
      expect(await revisions.list(DOMAIN)).toEqual([first]);
      expect(inForce(catalog)?.id).toBe(first.id);
    });

    it('lists the newest first, and goes back step by step to what there was before any', async () => {
      const { revisions, catalog, ...given } = await make();
      const made: Revision[] = [];
      for (const seed of [1, 2, 3]) {
        const revision = await revisions.keep(draftOf({ catalog, ...given }, { seed }));
        expect(revision.parent).toBe(made[0]?.id);
        await revisions.activate(DOMAIN, revision.id);
        made.unshift(revision);
      }
      expect(await revisions.list(DOMAIN)).toEqual(made);
      for (const [at, { parent }] of made.entries()) {
        await revisions.activate(DOMAIN, parent);
        expect(await revisions.current(DOMAIN)).toEqual(made[at + 1]);
        expect(inForce(catalog)?.id).toBe(parent);
      }
      expect(await revisions.list(DOMAIN)).toEqual(made);
    });

    it('leaves out the delta of a base that a draft is without', async () => {
      const { revisions, catalog, ...given } = await make();
      const first = await revisions.keep(draftOf({ catalog, ...given }));
      await revisions.activate(DOMAIN, first.id);
      const [model, other] = modelsOf(catalog);
      if (!other) return;
      const draft = draftOf({ catalog, ...given }, { model: other, without: [model!.id] });
      const second = await revisions.keep(draft);
      expect(second.deltas.map(({ base }) => base.id)).toEqual([other.id]);
      const third = await revisions.keep(draftOf({ catalog, ...given }, { model: other }));
      expect(third.deltas.map(({ base }) => base.id).toSorted()).toEqual([model!.id, other.id].toSorted());
    });

    it('refuses an unknown id, and what is in force stays', async () => {
      const { revisions, catalog, ...given } = await make();
      const revision = await revisions.keep(draftOf({ catalog, ...given }));
      await revisions.activate(DOMAIN, revision.id);
      const error: unknown = await revisions.activate(DOMAIN, 'f'.repeat(64)).catch((caught: unknown) => caught);
      expect(UnknownRevisionError.isInstance(error)).toBe(true);
      expect(inForce(catalog)?.id).toBe(revision.id);
    });

    it('refuses a delta of a base that is not here, and keeps nothing of it', async () => {
      const { revisions, catalog, ...given } = await make();
      const model = modelOf(catalog);
      const foreign: Model = {
        ...model,
        id: 'no-such-base',
        variants: model.variants.map((each) => ({ ...each, weights: { ...each.weights, sha256: 'f'.repeat(64) } })),
      };
      const draft = draftOf({ catalog, ...given }, { model: foreign });
      const error: unknown = await revisions.keep(draft).catch((caught: unknown) => caught);
      expect(DeltaMismatchError.isInstance(error)).toBe(true);
      expect(await revisions.list(DOMAIN)).toEqual([]);
    });

    it('puts bytes where an engine reads them', async () => {
      const { revisions, startHash } = await make();
      const bytes = Uint8Array.of(1, 2, 3);
      const hash = startHash();
      hash.update(bytes);
      const located = await revisions.scratch(bytes);
      expect(located).toEqual({ location: expect.any(String) as string, bytes: 3, sha256: hash.digest() });
      expect(JSON.parse(JSON.stringify(located))).toEqual(located);
    });
  });
}

const modelsOf = (catalog: CatalogSource): Model[] =>
  catalog.current().models.filter((model) => model.interface === 'terrace');
const modelOf = (catalog: CatalogSource): Model => modelsOf(catalog)[0]!;
const contentIds = (deltas: readonly Delta[]): string[] => deltas.map(({ contentId }) => contentId);

function inForce(catalog: CatalogSource): { id: string; deltas: string[] } | undefined {
  const { domains, deltas } = catalog.current();
  const domain = domains.find(({ id }) => id === DOMAIN);
  return domain && { id: domain.ladderRevision, deltas: contentIds(deltas.filter((each) => each.domain === DOMAIN)) };
}

function draftOf(
  { catalog, startHash }: Pick<RevisionsUnderTest, 'catalog' | 'startHash'>,
  { seed = 1, model = modelOf(catalog), ...changes }: Partial<RevisionDraft> & { seed?: number; model?: Model } = {},
): RevisionDraft {
  const packed: PackedDelta = examplePackedDelta({ model, domain: DOMAIN, startHash, seed });
  return { domain: DOMAIN, origin: 'fitted', deltas: [packed], calibration: undefined, ...changes };
}

const exampleOf = (model: Model, { contentId: delta }: PackedDelta): Calibration => ({
  format: 1,
  domain: DOMAIN,
  data: { fingerprint: 'a'.repeat(64), rows: 100, outOfScopeRows: 0 },
  tiers: { [model.id]: { variant: model.variants[0]!.weights.sha256, delta } },
  ladders: [exampleLadder([model.id], { grid: [{ coverage: 1, threshold: 0, accepted: 100, wrong: 5 }] })],
});
