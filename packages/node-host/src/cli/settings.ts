import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseFile, redactionPatternsSchema, type OwnPattern, type Parsed, type RequestInput } from '@terrace/core';
import { z } from 'zod';
import type { NodeRuntimeOptions } from '../create-node-runtime.js';
import { defaultHome } from '../store/home.js';
import { shippedModels } from '../store/catalog/model-folders.js';
import { hubSettings, type HubSettings } from '../store/fetch/open-fetcher.js';
import { readJson } from '../store/files/read-json.js';
import { cacheConfigSchema, type CacheConfig } from './cache-settings.js';
import { parseBytes } from './quantities.js';

const CONFIG_FILE = 'terrace.config.json';

const configSchema = z.strictObject({
  /** Where state lives. */
  home: z.string().optional(),
  /** The folder with catalog.json. */
  models: z.string().optional(),
  /** Most memory models may take, e.g. `512MiB`. */
  memory: z.string().optional(),
  /** Address of the Hugging Face hub or its mirror. */
  hub: z.string().optional(),
  /** Fetch models without encryption from other hosts than this one, such as a mirror on the site. */
  allowHttp: z.boolean().optional(),
  /** What must not leave the site beside e-mail addresses, phone numbers, cards and accounts. */
  redaction: z.optional(redactionPatternsSchema),
  /** Added models are used, and new ones installed, only with a signature of a trusted key. */
  requireSignatures: z.boolean().optional(),
  /** Answers that a server gives again. */
  cache: cacheConfigSchema.optional(),
  /** Texts of requests are kept on this device, and deltas are fitted on what larger tiers and people say of them. */
  learning: z.boolean().optional(),
});

/** Flags that every command understands. */
export interface GlobalFlags {
  readonly home?: string;
  readonly models?: string;
  readonly memory?: number;
  readonly json?: boolean;
}

export interface Settings extends HubSettings {
  readonly home: string;
  readonly models: string;
  readonly memoryBytes: number | undefined;
  readonly requireSignatures: boolean;
  readonly redaction: readonly OwnPattern[];
  readonly learning: boolean;
  /** As the configuration has it. */
  readonly cache: CacheConfig | undefined;
  readonly warnings: readonly string[];
}

/**
 * Flags over environment (`TERRACE_HOME`, `TERRACE_MODELS_FOLDER`, `TERRACE_MEMORY`, `TERRACE_HUB`,
 * `TERRACE_REQUIRE_SIGNATURES`, `TERRACE_LEARNING`) over `terrace.config.json` of the current folder over defaults. Signatures are required
 * when any of these, or `terrace.config.json` of the state folder, says so.
 * @throws InvalidCatalogError when the configuration is wrong
 */
export async function readSettings(flags: GlobalFlags, environment = process.env): Promise<Settings> {
  const { value: config, warnings } = await readConfig(resolve(CONFIG_FILE));
  const memory = environment['TERRACE_MEMORY'] || config.memory;
  const home = resolve(flags.home ?? (environment['TERRACE_HOME'] || config.home || defaultHome(environment)));
  const hub = hubSettings(environment, config);
  // A service is started in another folder than a command: what the device demands lies with its state.
  const { value: ofHome } = await readConfig(join(home, CONFIG_FILE));
  const required = [
    switchOf(environment['TERRACE_REQUIRE_SIGNATURES']),
    config.requireSignatures,
    ofHome.requireSignatures,
  ];
  return {
    home,
    models: resolve(flags.models ?? (environment['TERRACE_MODELS_FOLDER'] || config.models || shippedModels())),
    memoryBytes: flags.memory ?? (memory ? parseBytes(memory) : undefined),
    ...hub,
    requireSignatures: required.includes(true),
    redaction: byName([...(config.redaction ?? []), ...(ofHome.redaction ?? [])]),
    // A word that is none of the four must not keep texts that nobody wanted kept.
    learning: switchOn(environment['TERRACE_LEARNING']) ?? config.learning ?? ofHome.learning ?? false,
    cache: config.cache ?? ofHome.cache,
    warnings: environment['HF_TOKEN'] && !hub.hubToken ? [...warnings, tokenIsKept(hub)] : warnings,
  };
}

async function readConfig(file: string): Promise<Parsed<z.infer<typeof configSchema>>> {
  if (!existsSync(file)) return { value: {}, warnings: [] };
  return parseFile(configSchema, await readJson(file), 'configuration');
}

const tokenIsKept = ({ hub }: HubSettings): string =>
  `HF_TOKEN is not sent to ${hub}, which only ${CONFIG_FILE} names; set TERRACE_HUB to it if you trust it`;

/** The last one of a name counts: both files may be the same one. */
const byName = (patterns: readonly OwnPattern[]): OwnPattern[] => [
  ...new Map(patterns.map((pattern) => [pattern.name, pattern])).values(),
];

/** `1`, `true`, `0`, `false`; a word that is none of them asks for safety. Undefined when nothing is said. */
function switchOf(text: string | undefined): boolean | undefined {
  return text ? !['0', 'false', 'no', 'off'].includes(text.toLowerCase()) : undefined;
}

/** `1`, `true`, `yes`, `on`; any other word says no. Undefined when nothing is said. */
const switchOn = (text: string | undefined): boolean | undefined =>
  text ? ['1', 'true', 'yes', 'on'].includes(text.toLowerCase()) : undefined;

/** What a runtime is made of for a command. */
export function runtimeOptions(settings: Settings, calibrationFile?: string): NodeRuntimeOptions {
  return {
    home: settings.home,
    modelsFolder: settings.models,
    requireSignatures: settings.requireSignatures,
    redaction: settings.redaction,
    learning: settings.learning,
    hub: { hub: settings.hub, hubToken: settings.hubToken, allowHttp: settings.allowHttp },
    ...(settings.memoryBytes !== undefined && { memoryBytes: settings.memoryBytes }),
    ...(calibrationFile !== undefined && { calibrationFile: resolve(calibrationFile) }),
    onFailure: (error) => process.stderr.write(`warning: ${error instanceof Error ? error.message : String(error)}\n`),
    onBudgetAlert: (alert) =>
      void import('@terrace/core/budget').then(({ describeAlert }) =>
        process.stderr.write(`warning: ${describeAlert(alert)}\n`),
      ),
  };
}

/** Flags of commands that ask for an answer or a recommendation. */
export interface RequestFlags extends GlobalFlags {
  readonly domain?: string;
  readonly subDomain?: string;
  readonly task?: string;
  readonly maxRisk?: number;
  readonly minConfidence?: number;
  readonly maxCost?: number;
  readonly value?: number;
  readonly whenOffline?: string;
  readonly deadline?: number;
  readonly residency?: string;
  readonly policy?: string;
  readonly calibration?: string;
}

/** Flags as a request without its text; the request's own parser checks them. */
export function requestOf(flags: RequestFlags): Omit<RequestInput, 'text'> {
  const { domain, subDomain, task, maxRisk, minConfidence, maxCost, value, deadline, residency, policy } = flags;
  const given = {
    domain,
    subDomain,
    task,
    maxRisk,
    minConfidence,
    maxCostUsd: maxCost,
    valueUsd: value,
    whenOffline: flags.whenOffline,
    deadlineMs: deadline,
    residency,
    policy,
  };
  return Object.fromEntries(Object.entries(given).filter(([, each]) => each !== undefined));
}
