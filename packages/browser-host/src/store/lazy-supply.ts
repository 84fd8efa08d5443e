import type { Supply } from './supply.js';

/** What brings files and catalogs, loaded when it is first needed. */
export interface LazySupply {
  /** @throws what loading it throws; it is tried anew the next time */
  open(): Promise<Supply>;
  /** Undefined as long as nobody has needed it. */
  opened(): Supply | undefined;
  close(): void;
}

export function createLazySupply(load: () => Promise<Supply>): LazySupply {
  let opening: Promise<Supply> | undefined;
  let opened: Supply | undefined;
  let isClosed = false;

  const start = async (): Promise<Supply> => {
    opened = await load();
    if (isClosed) opened.close();
    return opened;
  };
  return {
    open() {
      if (!opening) {
        const started = (opening = start());
        started.catch(() => (opening = undefined));
      }
      return opening;
    },
    opened: () => opened,
    close() {
      isClosed = true;
      opened?.close();
    },
  };
}
