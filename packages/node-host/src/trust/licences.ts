import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isPermissive, LicenceNotAcceptedError, parseFile, type Clock, type Model } from '@terrace/core';
import { z } from 'zod';
import { changeTrust } from './change-trust.js';
import { writeAtomically } from '../store/files/atomic-file.js';
import { readJson } from '../store/files/read-json.js';

const acceptanceSchema = z.strictObject({
  licence: z.string(),
  model: z.string(),
  publisher: z.string(),
  /** sha256 of the weights that were installed under it. */
  weights: z.array(z.string()),
  /** By the wall clock of the device, ISO 8601. */
  acceptedAt: z.string(),
  /** The licence asks for nothing, it was named on the command line, or somebody said yes. */
  how: z.enum(['policy', 'flag', 'question']),
});
const recordSchema = z.strictObject({ format: z.literal(1), accepted: z.array(acceptanceSchema) });

export type Acceptance = z.infer<typeof acceptanceSchema>;
/** What a licence is accepted for; a catalog's model is one. */
export type Licensed = Pick<Model, 'id' | 'licence' | 'publisher' | 'variants'>;

export interface AcceptedLicences {
  /** Notes what was accepted in `licences.json`; call it when the models are in place. @throws StorageError */
  record(): Promise<void>;
}

const fileOf = (home: string): string => join(home, 'licences.json');

/**
 * Call before models are installed (`pull`, `import`, `add`), and `record()` of what it returns afterwards.
 * A licence counts as accepted when it is permissive, when `accepted` names it, when it was accepted earlier for the
 * same model and publisher, or when `ask` says so.
 * @param accepted licences the user named (`--accept-licence`)
 * @param home the state folder
 * @param ask puts the question to somebody, where there is somebody
 * @throws LicenceNotAcceptedError naming the models and the flag; InvalidCatalogError when the record is unreadable
 */
export async function requireLicences(
  models: readonly Licensed[],
  {
    accepted,
    home,
    clock,
    ask,
  }: {
    readonly accepted: readonly string[];
    readonly home: string;
    readonly clock: Pick<Clock, 'wallMs'>;
    readonly ask?: ((licence: string, models: readonly string[]) => Promise<boolean>) | undefined;
  },
): Promise<AcceptedLicences> {
  const known = await readAcceptances(home);
  const named = new Set(accepted.map((licence) => licence.toLowerCase()));
  const answers = new Map<string, boolean>();
  const acceptances: Acceptance[] = [];
  for (const model of models) {
    const { licence, id, publisher, variants } = model;
    const earlier = known.find((each) => isFor(each, model));
    const asked = async (): Promise<boolean> => {
      const answer = answers.get(licence) ?? (await ask?.(licence, idsUnder(models, licence))) ?? false;
      answers.set(licence, answer);
      return answer;
    };
    const how = isPermissive(licence)
      ? 'policy'
      : named.has(licence.toLowerCase())
        ? 'flag'
        : (earlier?.how ?? ((await asked()) ? 'question' : undefined));
    if (how === undefined) throw notAccepted(licence, idsUnder(models, licence));
    const weights = variants.map((variant) => variant.weights.sha256).toSorted();
    acceptances.push({
      licence,
      model: id,
      publisher,
      weights,
      acceptedAt: new Date(clock.wallMs()).toISOString(),
      how,
    });
  }
  return { record: () => record(home, acceptances) };
}

/** What was accepted on this device; nothing where nothing was. @throws InvalidCatalogError, ArtifactMissingError */
export async function readAcceptances(home: string): Promise<readonly Acceptance[]> {
  const file = fileOf(home);
  if (!existsSync(file)) return [];
  return parseFile(recordSchema, await readJson(file), 'record of licences').value.accepted;
}

/** Whether an acceptance was given for this model of this publisher under this licence. */
export const isFor = (
  acceptance: Acceptance,
  { id, publisher, licence }: Pick<Licensed, 'id' | 'publisher' | 'licence'>,
): boolean => acceptance.model === id && acceptance.publisher === publisher && acceptance.licence === licence;

/** What is there already stays as it is, with its date. */
async function record(home: string, acceptances: readonly Acceptance[]): Promise<void> {
  const isMissing = (known: readonly Acceptance[]) => (each: Acceptance) => !known.some((other) => covers(other, each));
  if (!acceptances.some(isMissing(await readAcceptances(home)))) return;
  await changeTrust(home, async () => {
    const known = await readAcceptances(home);
    const content = { format: 1, accepted: [...known, ...acceptances.filter(isMissing(known))] };
    await writeAtomically(fileOf(home), `${JSON.stringify(content, null, 1)}\n`);
  });
}

const covers = (known: Acceptance, { model, publisher, licence, weights }: Acceptance): boolean =>
  isFor(known, { id: model, publisher, licence }) && weights.every((sha256) => known.weights.includes(sha256));

const idsUnder = (models: readonly Licensed[], licence: string): string[] =>
  models.filter((model) => model.licence === licence).map(({ id }) => id);

function notAccepted(licence: string, models: readonly string[]): LicenceNotAcceptedError {
  const are = models.length === 1 ? 'is' : 'are';
  const flag = `\`--accept-licence ${shellWord(licence)}\``;
  return new LicenceNotAcceptedError({
    message:
      licence === 'unknown'
        ? `Nothing says under which licence ${models.join(', ')} ${are}.`
        : `${models.join(', ')} ${are} under the licence "${licence}", which was not accepted.`,
    hint:
      licence === 'unknown'
        ? `Ask the publisher, or read what came with the model; if you may use it, run the command again with ${flag}.`
        : `Read the licence; if you agree, run the command again with ${flag}.`,
    facts: { licence, models: models.join(' ') },
  });
}

const shellWord = (text: string): string => (/^[\w.+-]+$/.test(text) ? text : `'${text.replaceAll("'", '')}'`);
