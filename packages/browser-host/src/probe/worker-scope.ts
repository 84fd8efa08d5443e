/** Of a worker's global scope, what tells of the device. Each part may be missing: no browser has all of them. */
export interface WorkerScope {
  readonly navigator?: {
    readonly userAgent?: string;
    readonly userAgentData?: { readonly mobile: boolean; readonly platform: string };
    readonly hardwareConcurrency?: number;
    /** GiB, rounded. */
    readonly deviceMemory?: number;
    readonly onLine?: boolean;
    readonly connection?: { readonly saveData?: boolean; readonly effectiveType?: string; readonly downlink?: number };
    readonly gpu?: { requestAdapter(options?: GPURequestAdapterOptions): Promise<GPUAdapter | null> };
  };
  readonly isSecureContext?: boolean;
  readonly crossOriginIsolated?: boolean;
  readonly WebAssembly?: Pick<typeof WebAssembly, 'validate' | 'Module' | 'Instance'>;
  readonly SharedArrayBuffer?: unknown;
  readonly Atomics?: unknown;
}

/** What a browser tells, or the fallback where it does not or refuses: a probe never fails. */
export function told<T>(read: () => T | undefined, fallback: T): T {
  try {
    return read() ?? fallback;
  } catch {
    return fallback;
  }
}
