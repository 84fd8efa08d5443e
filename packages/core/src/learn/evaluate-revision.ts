import type { Calibration } from '../catalog/calibration.js';
import type { Delta } from '../catalog/schema.js';
import { requireDomain } from '../catalog/tier.js';
import { InvalidDataError } from '../errors/invalid-data-error.js';
import { UnknownRevisionError } from '../errors/unknown-revision-error.js';
import type { LabelledText } from '../delta/gate/data-report.js';
import { checkedRows } from './checked-examples.js';
import type { DeltasPorts } from './deltas-ports.js';
import type { DeltaEvaluation, Deltas } from './deltas.js';
import type { Watch } from './fit-set.js';
import { gradeLadder, type ScoredRung } from './grade-ladder.js';
import { calibrationOf, scoreTexts } from './in-force.js';
import { measuredShare } from './measured-share.js';
import { answersOf } from './score-features.js';

/** Every rung of a revision by itself, and the ladder as it would walk. */
export async function evaluateRevision(
  { domain, revision, examples }: Parameters<Deltas['evaluate']>[0],
  ports: DeltasPorts,
  { signal, onProgress }: Watch,
): Promise<DeltaEvaluation> {
  const { id, deltas, calibration } = await findRevision(domain, revision, ports);
  const rows = checkedRows(examples);
  requireKnownLabels(rows, deltas);
  const truth = rows.map(({ label }) => label);
  const rungs = (await ports.workshop.rungs(signal)).flatMap((rung) => {
    const delta = deltas.find(({ base }) => base.id === rung.tier.model.id);
    return delta ? [{ rung, delta }] : [];
  });
  const scored: ScoredRung[] = [];
  for (const each of rungs) {
    const told = { stage: 'embedding', rung: each.rung.tier.id, total: rows.length } as const;
    scored.push(
      await scoreTexts(
        each,
        rows.map(({ text }) => text),
        ports,
        { signal, onText: (done) => onProgress?.({ ...told, done }) },
      ),
    );
  }
  const promised = calibrationOf(calibration, rungs);
  const turns = { clock: ports.clock, signal };
  const ladder = scored.length > 0 ? await gradeLadder(scored, truth, promised, turns) : undefined;
  return {
    domain,
    revision: id,
    rungs: scored.map(({ id: rung, labels, logits }) => ({
      rung,
      accuracy: measuredShare(answersOf(logits, labels).map((answer, row) => answer === truth[row])),
    })),
    ladder: ladder && {
      accuracy: measuredShare(ladder.map(({ right }) => right)),
      climbRate: ladder.filter(({ climbed }) => climbed).length / ladder.length,
    },
  };
}

interface Found {
  readonly id: string;
  readonly deltas: readonly Delta[];
  readonly calibration: Calibration | undefined;
}

/** @throws UnknownRevisionError, UnknownDomainError */
async function findRevision(
  domain: string,
  id: string | undefined,
  { catalog, revisions }: DeltasPorts,
): Promise<Found> {
  if (id !== undefined) {
    const kept = (await revisions.list(domain)).find((each) => each.id === id);
    if (kept) return { id, deltas: kept.deltas, calibration: await revisions.calibration(kept) };
  }
  const current = catalog.current();
  const inForce = requireDomain(current, domain);
  if (id !== undefined && id !== inForce.ladderRevision) {
    throw new UnknownRevisionError({
      message: `There is no revision ${id.slice(0, 12)} of "${domain}".`,
      hint: 'List the revisions of the domain.',
      facts: { domain, revision: id },
    });
  }
  return {
    id: inForce.ladderRevision,
    deltas: current.deltas.filter((delta) => delta.domain === domain),
    calibration: await catalog.calibration(domain, current),
  };
}

/** @throws InvalidDataError */
function requireKnownLabels(rows: readonly LabelledText[], deltas: readonly Delta[]): void {
  if (rows.length === 0)
    throw new InvalidDataError({ message: 'There are no rows to judge by.', hint: 'Give labelled rows.' });
  const known = new Set(deltas.flatMap(({ labels }) => labels));
  const stray = rows.find(({ label }) => !known.has(label));
  if (!stray) return;
  throw new InvalidDataError({
    message: `Line ${stray.line} has the label "${stray.label.slice(0, 80)}", which no delta of this domain knows.`,
    hint: 'Use the labels of the deltas, or fit with the new ones.',
    facts: { line: stray.line },
  });
}
