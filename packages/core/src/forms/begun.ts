/** What has begun to be told: until then it fails as a whole, as any other request does. */
export interface Begun<Step, Result> {
  /** Undefined where nothing is told but the result. */
  readonly first: Step | undefined;
  readonly rest: AsyncGenerator<Step, Result>;
}

/** Reads on until there is something to tell beside what happened. */
export async function begun<Step extends { readonly kind: string }, Result>(
  rest: AsyncGenerator<Step, Result>,
): Promise<Begun<Step, Result>> {
  for (;;) {
    const { done, value } = await rest.next();
    if (done) return { first: undefined, rest };
    if (value.kind !== 'trace') return { first: value, rest };
  }
}
