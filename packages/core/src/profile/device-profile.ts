import { z } from 'zod';

/** What the host measured. Sizes in bytes, rates per second. */
export const deviceProfileSchema = z.object({
  host: z.enum(['node', 'browser']),
  os: z.string(),
  cpu: z.object({
    model: z.string(),
    /** Cores this process may use: affinity and cgroup quota counted, at least 1. */
    usableCores: z.number().int().min(1),
    /** Instruction sets that decide kernels, such as `avx2`, `avx512_vnni`, `neon`, `simd128`. */
    features: z.array(z.string()),
  }),
  memory: z.object({
    totalBytes: z.number().nonnegative(),
    /** The tightest cgroup limit, where there is one. */
    limitBytes: z.number().nonnegative().optional(),
    /** What models may take now, reserve already kept back. */
    usableBytes: z.number().nonnegative(),
    /** What decided `usableBytes`, in words. */
    basis: z.string(),
  }),
  storage: z.object({
    freeBytes: z.number().nonnegative(),
    reserveBytes: z.number().nonnegative(),
    /** Whether a browser has promised to keep what is stored; only there. */
    persisted: z.boolean().optional(),
  }),
  power: z.object({
    source: z.enum(['mains', 'battery', 'unknown']),
    /** In [0, 1]; only where there is a battery. */
    batteryLevel: z.number().min(0).max(1).optional(),
  }),
  /** `unknown` where the OS does not tell. */
  thermal: z.enum(['nominal', 'throttled', 'unknown']),
  network: z.enum(['online', 'offline', 'unknown']),
  /** What a browser tells of its connection. */
  connection: z
    .object({
      /** The user has asked for fewer bytes. */
      saveData: z.boolean(),
      /** `slow-2g` to `4g`. */
      effectiveType: z.string().optional(),
      megabitsPerSecond: z.number().nonnegative().optional(),
    })
    .optional(),
  /** What WebAssembly offers; browsers only. Threads need a page that is cross-origin isolated. */
  wasm: z.object({ simd: z.boolean(), threads: z.boolean() }).optional(),
  /** The WebGPU adapter, where there is one, also one that is refused. */
  gpu: z
    .object({
      vendor: z.string(),
      architecture: z.string(),
      /** Computed on the processor. */
      isSoftware: z.boolean(),
      shaderF16: z.boolean(),
      maxBufferBytes: z.number().nonnegative(),
      maxStorageBufferBytes: z.number().nonnegative(),
    })
    .optional(),
  /** What works less well than it could here, and how to mend it, in words. */
  warnings: z.array(z.string()).optional(),
  /** What runs here, with the rates a weightless graph reached on it. */
  providers: z.array(
    z.object({
      id: z.string(),
      /** Whether 16-bit floats work in shaders; WebGPU only. */
      shaderF16: z.boolean().optional(),
      gflops: z.object({ fp32: z.number().positive(), int8: z.number().positive(), q4: z.number().positive() }),
      gigabytesPerSecond: z.number().positive(),
      /** Fixed cost of one run: the call, not the arithmetic. */
      overheadMs: z.number().nonnegative(),
    }),
  ),
  /** Providers the runtime lists and that do not work here, with its reason. */
  refusedProviders: z.array(z.object({ id: z.string(), reason: z.string() })).optional(),
});

export type DeviceProfile = z.infer<typeof deviceProfileSchema>;
export type ProviderProfile = DeviceProfile['providers'][number];
