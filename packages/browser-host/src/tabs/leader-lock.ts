/** The time in which a tab leads. */
export interface Leadership {
  /** Resolves when another tab has taken it away, which it does when this one does not answer. */
  readonly lost: Promise<void>;
  resign(): void;
}

/** Of the tabs of a group one leads. The browser ends the leadership of a tab that is closed or has crashed. */
export interface LeaderLock {
  /** @returns undefined when another tab leads */
  tryLead(): Promise<Leadership | undefined>;
  /** Leads when all who came before have gone. @throws the signal's reason */
  waitToLead(signal: AbortSignal): Promise<Leadership>;
  /** Leads at once, whoever leads now. */
  seize(): Promise<Leadership>;
}

/** @param name of the group */
export function createLeaderLock(locks: LockManager, name: string): LeaderLock {
  const request = <T extends Leadership | undefined>(options: LockOptions): Promise<T> =>
    new Promise((resolve, reject) => {
      let resign = (): void => undefined;
      const held = new Promise<void>((end) => (resign = end));
      let tellLoss = (): void => undefined;
      const lost = new Promise<void>((tell) => (tellLoss = tell));
      const keep = async (lock: Lock | null): Promise<void> => {
        resolve((lock ? { lost, resign } : undefined) as T);
        if (lock) await held;
      };
      // Rejects when nobody is given it, and when it is taken from who has it.
      locks.request(name, options, keep).catch((error: unknown) => {
        tellLoss();
        reject(error as Error);
      });
    });
  return {
    tryLead: () => request<Leadership | undefined>({ ifAvailable: true }),
    waitToLead: (signal) => request<Leadership>({ signal }),
    seize: () => request<Leadership>({ steal: true }),
  };
}
