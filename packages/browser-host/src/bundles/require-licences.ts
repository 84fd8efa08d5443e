import { isPermissive, LicenceNotAcceptedError, type Model } from '@terrace/core';

/**
 * A licence counts as accepted when it asks for nothing, when `accepted` names it, or when the same model of the same
 * publisher was imported under it before.
 * @throws LicenceNotAcceptedError with the facts `licence` and `models`
 */
export function requireLicences(
  models: readonly Model[],
  { accepted, before }: { readonly accepted: readonly string[]; readonly before: readonly Model[] },
): void {
  const named = new Set(accepted.map((licence) => licence.toLowerCase()));
  const isAccepted = ({ id, licence, publisher }: Model): boolean =>
    isPermissive(licence) ||
    named.has(licence.toLowerCase()) ||
    before.some((each) => each.id === id && each.licence === licence && each.publisher === publisher);
  const open = models.find((model) => !isAccepted(model));
  if (!open) return;
  const { licence } = open;
  const ids = models.filter((model) => model.licence === licence).map(({ id }) => id);
  const are = ids.length === 1 ? 'is' : 'are';
  throw new LicenceNotAcceptedError({
    message:
      licence === 'unknown'
        ? `Nothing says under which licence ${ids.join(', ')} ${are}.`
        : `${ids.join(', ')} ${are} under the licence "${licence}", which was not accepted.`,
    hint: `Ask the user; whoever agrees imports again with acceptLicences: [${JSON.stringify(licence)}].`,
    facts: { licence, models: ids.join(' ') },
  });
}
