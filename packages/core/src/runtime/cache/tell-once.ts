/** What is broken is broken for every request: that is told once a kind. */
export function tellOnceAKind(
  onFailure: ((error: unknown) => void) | undefined,
): (kind: string, error: unknown) => void {
  const told = new Set<string>();
  return (kind, error) => {
    if (told.has(kind)) return;
    told.add(kind);
    onFailure?.(error);
  };
}
