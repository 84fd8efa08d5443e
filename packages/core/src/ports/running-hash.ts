/** sha256 of what comes piece by piece: platforms hash at once only what is whole. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** In hex. Call it once, at the end. */
  digest(): string;
}

export type StartHash = () => RunningHash;
