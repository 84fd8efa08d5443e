/** The licences that an import waits for, if that is why it failed. */
export function licencesAskedFor(error: unknown): readonly string[] | undefined {
  const { code, facts } = Object(error) as {
    readonly code?: unknown;
    readonly facts?: Readonly<Record<string, unknown>>;
  };
  if (code !== 'LICENCE_NOT_ACCEPTED') return undefined;
  const named = facts?.['licences'] ?? facts?.['licence'];
  const licences = (Array.isArray(named) ? named : String(named ?? '').split(', ')).map(String);
  return licences.some((licence) => licence !== '') ? licences : undefined;
}
