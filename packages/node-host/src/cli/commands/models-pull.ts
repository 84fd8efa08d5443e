import { InvalidRequestError, type Variant } from '@terrace/core';
import { nodeProbe } from '../../create-node-runtime.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { planPull } from '../../store/pull/plan-pull.js';
import { contentsOf, type PullPlan } from '../../store/pull/pull-plan.js';
import { runPull, type Pulled } from '../../store/pull/run-pull.js';
import { requireSizes } from '../../store/pull/require-sizes.js';
import { requireSignedItems } from '../../store/pull/source-signatures.js';
import { systemClock } from '../../system-clock.js';
import { requireSoundSignatures } from '../../trust/folder-signatures.js';
import { requireLicences } from '../../trust/licences.js';
import { requireSigned } from '../../trust/signers.js';
import { describeSigner } from '../../trust/signed-by.js';
import { askLicence } from '../ask-licence.js';
import { bytes, print, printJson, table } from '../output.js';
import { startProgress } from '../progress.js';
import type { GlobalFlags } from '../settings.js';
import { addedModels, openCatalog, short } from './models-catalog.js';

export interface PullFlags extends GlobalFlags {
  readonly domain?: string;
  readonly dtype?: Variant['dtype'];
  readonly acceptLicence?: readonly string[];
  readonly allowHttp?: boolean;
  /** A folder with the files of models that the catalog knows: see models-take.ts. */
  readonly from?: string;
}

/**
 * `terrace models pull SOURCE [IDs...]`: says what it will bring, brings it into the content store, and installs it.
 * What was fetched stays when it is interrupted, and the next try goes on from there.
 */
export async function pullModels(
  from: string,
  ids: readonly string[],
  flags: PullFlags,
  signal: AbortSignal,
): Promise<number> {
  const { settings, folders } = await openCatalog(flags);
  const fetcher = await openFetcher({ ...settings, allowHttp: flags.allowHttp ?? settings.allowHttp });
  const { store } = fetcher;
  const isKnown = (id: string): boolean => folders.current().models.some((model) => model.id === id);
  const source = await fetcher.open(from, signal).catch((error: unknown) => {
    throw isKnown(from) ? withoutSource(from) : error;
  });
  const { providers } = await nodeProbe({ home: settings.home, clock: systemClock }).profile({ signal });
  const wish = { ids, domain: flags.domain, dtype: flags.dtype, providers: providers.map(({ id }) => id) };
  const local = { catalog: folders.current(), presence: folders.presence, locate: folders.locate };
  const trust = { home: settings.home, clock: systemClock };
  const plan = requireSizes(await planPull(source, { wish, local, trust, signal }));
  if (settings.requireSignatures) requireSignedItems(plan);
  const files = contentsOf(plan).map(({ path, bytes: size, sha256 }) => {
    return { path, bytes: size, sha256, state: store.has({ bytes: size, sha256 }) ? 'here' : 'to fetch' };
  });
  const licences = await requireLicences(
    plan.items.flatMap(({ licensed }) => (licensed ? [licensed] : [])),
    { ...trust, accepted: flags.acceptLicence ?? [], ask: askLicence(flags, signal) },
  );
  if (!flags.json) print(describePlan(source.place, plan, files));
  const pulled = plan.items.length === 0 ? undefined : await pull();
  await licences.record();
  if (flags.json) printJson({ source: source.place, files, ...summary(plan, pulled) });
  else print(describe(pulled));
  return 0;

  async function pull(): Promise<Pulled> {
    const progress = startProgress('fetching', process.stderr, 'bytes');
    try {
      return await runPull({
        plan,
        source,
        fetcher,
        overlay: addedModels(settings),
        shipped: settings.models,
        signal,
        async admit(staged) {
          await requireSoundSignatures(staged, trust);
          if (settings.requireSignatures) await requireSigned(staged, trust);
        },
        onProgress: ({ doneBytes, totalBytes }) => progress.update(doneBytes, totalBytes),
      });
    } finally {
      progress.end();
    }
  }
}

interface File {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly state: string;
}

function describePlan(place: string, { signer, items, present, notes }: PullPlan, files: readonly File[]): string {
  const missing = files.filter(({ state }) => state !== 'here').reduce((sum, file) => sum + file.bytes, 0);
  const list = (kind: string): string =>
    items
      .filter((item) => item.kind === kind)
      .map(({ id }) => id)
      .join(', ');
  return [
    `from ${place}`,
    ...(signer.kind === 'trusted' ? [`  catalog signed by  ${describeSigner(signer)}`] : []),
    ...['model', 'delta', 'calibration'].flatMap((kind) => (list(kind) ? [`  ${kind}s  ${list(kind)}`] : [])),
    ...(present.length > 0 ? [`  here already  ${present.join(', ')}`] : []),
    ...(files.length > 0
      ? ['', table(files.map(({ path, bytes: size, sha256, state }) => [state, bytes(size), short(sha256), path]))]
      : []),
    ...notes.map((note) => `note: ${note}`),
    `${files.length} files, ${bytes(missing)} to fetch`,
  ].join('\n');
}

const withoutSource = (id: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `The catalog knows "${id}" and no place to fetch it from.`,
    hint: `Say which folder has its files: \`terrace models pull ${id} --from FOLDER\`.`,
    facts: { model: id },
  });

const summary = ({ items, present, notes }: PullPlan, pulled: Pulled | undefined): object => ({
  installed: items.map(({ kind, id }) => ({ kind, id })),
  present,
  fetchedBytes: pulled?.fetchedBytes ?? 0,
  uncalibrated: pulled?.uncalibrated ?? [],
  notes: [...notes, ...(pulled?.notes ?? [])],
});

function describe(pulled: Pulled | undefined): string {
  if (!pulled) return 'everything is here already';
  const { staged, fetchedBytes, uncalibrated, notes } = pulled;
  return [
    `installed ${staged.map(({ kind, id }) => `${kind} ${id}`).join(', ')}; ${bytes(fetchedBytes)} fetched`,
    ...uncalibrated.map(
      (domain) => `note: ${domain} is no longer calibrated: run \`terrace calibrate --domain ${domain} --data FILE\``,
    ),
    ...notes.map((note) => `note: ${note}`),
  ].join('\n');
}
