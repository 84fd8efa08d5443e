/** What only a page is told of its device, as plain data. */
export interface PageFacts {
  readonly power: {
    readonly source: 'mains' | 'battery' | 'unknown';
    /** In [0, 1]; only where there is a battery. */
    readonly batteryLevel?: number;
  };
}

interface Battery {
  readonly charging: boolean;
  readonly level: number;
}

/** Never rejects: a browser that does not tell of a battery, or does not want to, leaves it unknown. */
export async function readPageFacts(): Promise<PageFacts> {
  try {
    const { getBattery } = navigator as { getBattery?: () => Promise<Battery> };
    const battery = await getBattery?.call(navigator);
    return { power: battery ? powerOf(battery) : { source: 'unknown' } };
  } catch {
    return { power: { source: 'unknown' } };
  }
}

/** A desktop looks like a full battery on the charger: of such a one no level is told. */
function powerOf({ charging, level }: Battery): PageFacts['power'] {
  const source = charging ? 'mains' : 'battery';
  const isTold = level >= 0 && level <= 1 && !(charging && level === 1);
  return isTold ? { source, batteryLevel: level } : { source };
}
