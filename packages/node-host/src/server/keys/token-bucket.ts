/** What a bucket holds, and when that was counted. */
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/**
 * Takes one of a bucket that holds a minute's worth and fills at an even rate. Pure.
 * @param bucket undefined before the first request: it is full
 * @returns the bucket afterwards, and how long to wait where it was empty; 0 where one was taken
 */
export function takeToken(
  bucket: Bucket | undefined,
  { perMinute, nowMs }: { perMinute: number; nowMs: number },
): { readonly bucket: Bucket; readonly waitMs: number } {
  const perMs = perMinute / 60_000;
  // A rate below one a minute still lets single requests through.
  const most = Math.max(1, perMinute);
  const filled = bucket ? Math.min(most, bucket.tokens + Math.max(0, nowMs - bucket.atMs) * perMs) : most;
  if (filled >= 1) return { bucket: { tokens: filled - 1, atMs: nowMs }, waitMs: 0 };
  return { bucket: { tokens: filled, atMs: nowMs }, waitMs: (1 - filled) / perMs };
}
