import { z } from 'zod/mini';

/** What the host measured. Sizes in bytes, rates per second. */
export const deviceProfileSchema = z.object({
  host: z.enum(['node', 'browser']),
  os: z.string(),
  cpu: z.object({
    model: z.string(),
    /** Cores this process may use: affinity and cgroup quota counted, at least 1. */
    usableCores: z.int().check(z.minimum(1)),
    /** Instruction sets that decide kernels, such as `avx2`, `avx512_vnni`, `neon`, `simd128`. */
    features: z.array(z.string()),
  }),
  memory: z.object({
    totalBytes: z.number().check(z.nonnegative()),
    /** The tightest cgroup limit, where there is one. */
    limitBytes: z.optional(z.number().check(z.nonnegative())),
    /** What models may take now, reserve already kept back. */
    usableBytes: z.number().check(z.nonnegative()),
    /** What decided `usableBytes`, in words. */
    basis: z.string(),
  }),
  storage: z.object({
    freeBytes: z.number().check(z.nonnegative()),
    reserveBytes: z.number().check(z.nonnegative()),
    /** Whether a browser has promised to keep what is stored; only there. */
    persisted: z.optional(z.boolean()),
  }),
  power: z.object({
    source: z.enum(['mains', 'battery', 'unknown']),
    /** In [0, 1]; only where there is a battery. */
    batteryLevel: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
  }),
  /** `unknown` where the OS does not tell. */
  thermal: z.enum(['nominal', 'throttled', 'unknown']),
  network: z.enum(['online', 'offline', 'unknown']),
  /** What a browser tells of its connection. */
  connection: z.optional(
    z.object({
      /** The user has asked for fewer bytes. */
      saveData: z.boolean(),
      /** `slow-2g` to `4g`. */
      effectiveType: z.optional(z.string()),
      megabitsPerSecond: z.optional(z.number().check(z.nonnegative())),
    }),
  ),
  /** Which browser it is; only there. */
  browser: z.optional(z.object({ name: z.string(), version: z.string(), isMobile: z.boolean() })),
  /** What WebAssembly offers; browsers only. Threads need a page that is cross-origin isolated. */
  wasm: z.optional(z.object({ simd: z.boolean(), threads: z.boolean() })),
  /** The WebGPU adapter, where there is one, also one that is refused. */
  gpu: z.optional(
    z.object({
      vendor: z.string(),
      architecture: z.string(),
      /** Computed on the processor. */
      isSoftware: z.boolean(),
      shaderF16: z.boolean(),
      maxBufferBytes: z.number().check(z.nonnegative()),
      maxStorageBufferBytes: z.number().check(z.nonnegative()),
    }),
  ),
  /** What works less well than it could here, and how to mend it, in words. */
  warnings: z.optional(z.array(z.string())),
  /** What runs here, with the rates a weightless graph reached on it. */
  providers: z.array(
    z.object({
      id: z.string(),
      /** Whether 16-bit floats work in shaders; WebGPU only. */
      shaderF16: z.optional(z.boolean()),
      gflops: z.object({
        fp32: z.number().check(z.positive()),
        int8: z.number().check(z.positive()),
        q4: z.number().check(z.positive()),
      }),
      gigabytesPerSecond: z.number().check(z.positive()),
      /** Fixed cost of one run: the call, not the arithmetic. */
      overheadMs: z.number().check(z.nonnegative()),
      /** Whether the rates are those of devices like this one, because none was measured here yet. */
      isEstimate: z.optional(z.boolean()),
    }),
  ),
  /** Providers the runtime lists and that do not work here, with its reason. */
  refusedProviders: z.optional(z.array(z.object({ id: z.string(), reason: z.string() }))),
  /** What the page died of lately, and is not used again for a while; browsers only. */
  crashes: z.optional(
    z.array(
      z.object({
        /** sha256 of the variant's weights. */
        variantId: z.string(),
        modelId: z.string(),
        provider: z.string(),
        /** What it was at. */
        phase: z.enum(['load', 'run']),
        /** How often it has ended so without having run well in between. */
        timesInARow: z.int().check(z.minimum(1)),
        /** When that was found, in milliseconds of the wall clock. */
        atWallMs: z.number(),
        /** Until then it is left out. */
        untilWallMs: z.number(),
      }),
    ),
  ),
});

export type DeviceProfile = z.infer<typeof deviceProfileSchema>;
/** A variant that was being loaded, or was running, with a provider when the page died. */
export type Crash = NonNullable<DeviceProfile['crashes']>[number];
export type ProviderProfile = DeviceProfile['providers'][number];
