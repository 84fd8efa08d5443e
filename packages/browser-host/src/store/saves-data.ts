interface Connection {
  readonly saveData?: boolean;
}

/** Whether the user asks for few bytes; not every browser tells. */
export const savesData = (): boolean => (navigator as { connection?: Connection }).connection?.saveData === true;
