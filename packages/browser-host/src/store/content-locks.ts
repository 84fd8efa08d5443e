/**
 * Who does what with a content, among all tabs and workers of the origin. A lock ends with the worker that holds it,
 * however that ends.
 */
export class ContentLocks {
  readonly #name: string;
  readonly #held = new Set<string>();
  #letGo: () => void = () => undefined;
  readonly #end = new Promise<void>((resolve) => (this.#letGo = resolve));

  constructor(name: string) {
    this.#name = name;
  }

  /** One brings a content while the others wait. @throws what the work throws, the signal's reason */
  async bring<T>(sha256: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    return navigator.locks.request(`${this.#name} bring ${sha256}`, { signal }, work) as Promise<T>;
  }

  /** From now on, until `close` or the end of this worker, nobody evicts the content. */
  async use(sha256: string): Promise<void> {
    if (this.#held.has(sha256)) return;
    this.#held.add(sha256);
    await new Promise<void>((resolve, reject) => {
      const granted = async (): Promise<void> => {
        resolve();
        await this.#end;
      };
      navigator.locks.request(this.#useOf(sha256), { mode: 'shared' }, granted).catch(reject);
    }).catch((error: unknown) => {
      this.#held.delete(sha256);
      throw error;
    });
  }

  /** @returns what the work says; false when somebody uses the content: then nothing is done */
  async ifUnused(sha256: string, work: () => Promise<boolean>): Promise<boolean> {
    return navigator.locks.request(
      this.#useOf(sha256),
      { ifAvailable: true },
      async (lock) => lock !== null && work(),
    ) as Promise<boolean>;
  }

  /** Uses nothing any more. */
  close(): void {
    this.#letGo();
  }

  #useOf(sha256: string): string {
    return `${this.#name} use ${sha256}`;
  }
}
