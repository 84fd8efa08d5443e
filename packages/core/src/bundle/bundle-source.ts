/** Where the bytes of a bundle lie; nothing is known of them. */
export interface BundleSource {
  /** What it is called, for people. */
  readonly name: string;
  /** Of all of it. */
  readonly bytes: number;
  /** @returns so many bytes from there on; fewer only where it ends */
  read(at: number, bytes: number): Promise<Uint8Array<ArrayBuffer>>;
}
