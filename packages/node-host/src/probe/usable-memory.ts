const MIB = 2 ** 20;

/** One cgroup on the way from this process's to the root that has a limit. */
export interface MemoryLimit {
  readonly limitBytes: number;
  /** In use and not reclaimable. */
  readonly usedBytes: number;
}

export interface MemoryFacts {
  readonly totalBytes: number;
  /** Free and reclaimable on the whole machine. */
  readonly availableBytes: number;
  readonly limits: readonly MemoryLimit[];
  /** What the operator allows at most. */
  readonly ceilingBytes: number | undefined;
}

interface UsableMemory {
  readonly usableBytes: number;
  readonly limitBytes: number | undefined;
  readonly basis: string;
}

/**
 * What models may take now: the smallest of what the machine, each limit and the operator leave. The reserve is
 * larger on the machine (max of 15 % and 256 MiB), which others share, than under a limit (max of 2 % and 8 MiB),
 * which is this process's own: the machine's reserve would leave nothing of a 256 MiB container.
 */
export function usableMemory({ totalBytes, availableBytes, limits, ceilingBytes }: MemoryFacts): UsableMemory {
  const machineReserve = Math.max(0.15 * totalBytes, 256 * MIB);
  const candidates = [
    {
      bytes: availableBytes - machineReserve,
      basis: `${mib(availableBytes)} MiB available on the machine minus a reserve of ${mib(machineReserve)} MiB`,
    },
    ...limits.map(({ limitBytes, usedBytes }) => {
      const reserve = Math.max(0.02 * limitBytes, 8 * MIB);
      return {
        bytes: limitBytes - usedBytes - reserve,
        basis: `cgroup limit of ${mib(limitBytes)} MiB minus ${mib(usedBytes)} MiB in use and a reserve of ${mib(reserve)} MiB`,
      };
    }),
  ];
  if (ceilingBytes !== undefined) {
    candidates.push({ bytes: ceilingBytes, basis: `configured ceiling of ${mib(ceilingBytes)} MiB` });
  }
  const decisive = candidates.reduce((least, next) => (next.bytes < least.bytes ? next : least));
  return {
    usableBytes: Math.max(0, Math.floor(decisive.bytes)),
    limitBytes: limits.length > 0 ? Math.min(...limits.map(({ limitBytes }) => limitBytes)) : undefined,
    basis: decisive.basis,
  };
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}
