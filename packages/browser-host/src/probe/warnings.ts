/** One thread is what works everywhere: more need memory that workers share. */
export const NOT_ISOLATED =
  'Models run on one thread each: the page is not cross-origin isolated. That takes the headers ' +
  'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';

const INSECURE =
  'The page is not served over https: the browser withholds storage and WebGPU. Models are downloaded anew at ' +
  'every visit.';

const NOTHING_KEPT =
  'The browser lets this page store nothing more, or does not say how much: models may be downloaded anew at every visit.';

/** What works less well than it could here, and how to mend it. */
export function warningsOf({
  threads,
  hasThreads,
  isSecure,
  canStore,
}: {
  /** WebAssembly threads that were asked for. */
  readonly threads: number;
  readonly hasThreads: boolean;
  readonly isSecure: boolean;
  readonly canStore: boolean;
}): string[] {
  return [
    ...(threads > 1 && !hasThreads ? [NOT_ISOLATED] : []),
    ...(isSecure ? [] : [INSECURE]),
    ...(isSecure && !canStore ? [NOTHING_KEPT] : []),
  ];
}
