import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readSources, scanImports, withoutComments, type Import, type SourceFile } from './support/imports.js';

/** The flow, in order. A stage may use the stages before it, never one after it. */
const STAGES = ['request', 'catalog', 'profile', 'recommend', 'load', 'run', 'judge', 'escalate'];

/** Plain data and its schemas: any folder may name these files, and they name nothing but each other and `errors`. */
const DATA = [
  'catalog/schema',
  'catalog/fields',
  'catalog/endpoint',
  'catalog/calibration',
  'catalog/golden',
  'catalog/delta-facts',
  'catalog/manifest',
  'catalog/text-calibration',
  'catalog/text-catalog',
  'catalog/text-shape',
  'cache/cache-facts',
  'delta/promote/promotion',
  'budget/amounts',
  'budget/budget-limit',
  'budget/forecast',
  'deploy/deployed-model',
  'deploy/deployment-state',
  'deploy/lifecycle/model-life',
  'deploy/pilot/pilot-plan',
  'deploy/rewards/reward-record',
  'deploy/rollout/rollout',
  'documents/citation',
  'profile/device-profile',
  'prompt/economy-facts',
  'tasks/answer',
  'tasks/text-generation/generation',
  'tasks/text-generation/messages',
  'tasks/text-generation/text-output',
];

/** What a folder may import, beside itself and the data files. A folder without a row fails the test. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  /** A promise under a signal: it names nothing. */
  wait: [],
  /** Files over http, with ranges and retries: hosts say what is an acceptable answer and where the bytes go. */
  download: ['errors', 'ports'],
  redact: ['errors'],
  ports: ['errors'],
  tasks: ['errors', 'ports'],
  /** Numbers of deltas: reading, fitting, comparing, composing. It knows no catalog and no model that is loaded. */
  delta: ['errors', 'wait', 'ports', 'tasks', 'evaluate'],
  /** What engines of all hosts have in common; it runs where the model runs, and no stage knows it. */
  encoder: ['errors', 'wait', 'ports', 'tasks', 'delta'],
  /** Text, token by token; it runs where the model runs, and no stage knows it. */
  generate: ['errors', 'wait', 'ports', 'tasks', 'delta', 'encoder', 'evaluate'],
  /** Endpoints that others run: no stage of a request, but what `run` and the stages after it ask. */
  remote: ['errors', 'wait', 'ports', 'tasks', 'redact', 'catalog'],
  evaluate: ['errors', 'ports', 'tasks'],
  /** Answers in the forms that other interfaces want. */
  forms: ['errors', 'tasks'],
  /** The runtime under another interface: see `FACES`. */
  'ai-sdk': ['errors', 'tasks', 'forms', 'request'],
  ...Object.fromEntries(
    STAGES.map((stage, index) => [
      stage,
      [
        'errors',
        'wait',
        'ports',
        'tasks',
        'delta',
        'evaluate',
        ...(index >= STAGES.indexOf('run') ? ['remote'] : []),
        ...STAGES.slice(0, index),
      ],
    ]),
  ),
  /** Models as one file: it reads and checks, and hosts say where the bytes go. */
  bundle: ['errors', 'ports', 'catalog'],
  // Not stages of a request: they use the flow's parts, and nothing in the flow uses them.
  calibrate: ['errors', 'ports', 'tasks', 'delta', 'evaluate', ...STAGES],
  /** The life of a domain's deltas: it fits with borrowed models, and a runtime only tells it what it has answered. */
  learn: ['errors', 'wait', 'ports', 'tasks', 'delta', 'evaluate', 'calibrate', ...STAGES],
  /** What may be spent: sums, periods, forecasts. It knows tiers by their ids only. */
  budget: ['errors', 'wait', 'ports', 'evaluate'],
  /** Which models are live, and which of them answers. It works for the runtime by a port, and no stage knows it. */
  deploy: ['errors', 'wait', 'ports', 'tasks', 'evaluate', 'budget', ...STAGES],
  /** Tiers that generate: what they are asked, what they are worth, which of them fit. The runtime walks them. */
  text: ['errors', 'wait', 'ports', 'tasks', 'evaluate', 'calibrate', ...STAGES, 'remote'],
  /** Nearest neighbours. */
  vectors: ['errors', 'ports'],
  /** Answers that may be given again: what is the same, what may be kept, what is alike. The runtime asks it. */
  cache: ['errors', 'wait', 'ports', 'tasks', 'evaluate', 'vectors', ...STAGES, 'text'],
  /** Chats with fewer tokens. */
  prompt: ['errors', 'wait', 'ports', 'tasks', 'evaluate'],
  /** Passages of documents: cut, found, cited. */
  documents: ['errors', 'wait', 'ports', 'tasks', 'vectors'],
  /** Pipelines of another library as tiers, judged as others are. */
  pipeline: ['errors', 'wait', 'ports', 'tasks', ...STAGES],
  testing: [
    'cache',
    'documents',
    'prompt',
    'vectors',
    'generate',
    'text',
    'errors',
    'ports',
    'tasks',
    'delta',
    'evaluate',
    'remote',
    'calibrate',
    'learn',
    'budget',
    'deploy',
    ...STAGES,
  ],
};

/** Beside the files at the root of `src`: what wires the stages together, and may therefore see all of them. */
const WIRING = 'runtime';

/** What gives the runtime another face: it may use the runtime, and nothing uses it. */
const FACES = ['ai-sdk'];

/** Ports are interfaces: what they take from elsewhere is gone at run time. */
const TYPES_ONLY = ['ports'];

const CORE_DEPENDENCIES = ['zod/mini', 'cockatiel'];
/** Gone at run time. */
const CORE_TYPES = ['@ai-sdk/provider'];
const TESTING_DEPENDENCIES = ['vitest', 'fast-check'];
const HOSTS = ['node-host', 'browser-host'];
const LONGEST_FILE = 400;
const LONGEST_RUNTIME = 100;

const root = fileURLToPath(new URL('..', import.meta.url));
const sourcesOf = (folder: string): SourceFile[] => readSources(path.join(root, folder));
const isTest = (file: SourceFile): boolean => /\.(test|spec)\./.test(file.path);

/** Every way in which one file of core breaks the table above. */
function coreViolations(file: SourceFile): string[] {
  return file.imports.flatMap((entry) => {
    const reason = entry.specifier.startsWith('.') ? wrongArrow(file, entry) : wrongDependency(file, entry);
    return reason === undefined ? [] : [`${file.path} imports ${entry.specifier}: ${reason}`];
  });
}

function wrongDependency(file: SourceFile, { specifier, typeOnly }: Import): string | undefined {
  const allowed = file.path.startsWith('testing/') ? TESTING_DEPENDENCIES : CORE_DEPENDENCIES;
  if (allowed.includes(specifier) || (typeOnly && CORE_TYPES.includes(specifier))) return undefined;
  return `core may use ${allowed.join(', ')} only`;
}

function wrongArrow(file: SourceFile, { specifier, typeOnly }: Import): string | undefined {
  const target = path.posix.join(path.posix.dirname(file.path), specifier).replace(/\.[cm]?[jt]s$/, '');
  if (target.startsWith('..')) return 'it is outside core';
  const from = folderOf(file.path);
  const to = folderOf(target);
  if (from === WIRING) return undefined;
  if (to === WIRING) return FACES.includes(from) ? undefined : 'only the runtime may use the runtime';
  const allowed = ARROWS[from];
  if (allowed === undefined) return `the folder ${from}/ has no row in the table of arrows`;
  if (from === to) return undefined;
  if (TYPES_ONLY.includes(from) && !typeOnly) return `${from}/ may import types only`;
  if (DATA.includes(target)) return undefined;
  if (DATA.includes(file.path.replace(/\.ts$/, '')) && to !== 'errors') return 'a data file may name data files only';
  return allowed.includes(to) ? undefined : `${from}/ may not use ${to}/`;
}

function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : WIRING;
}

describe('core', () => {
  const sources = sourcesOf('packages/core/src').filter((file) => !isTest(file));

  it('imports in the direction of the flow, no platform and no dependency but zod and cockatiel', () => {
    expect(sources.flatMap(coreViolations)).toEqual([]);
  });

  it('answers requests without the schema library: a page would pay for it with every visit', () => {
    const byPath = new Map(sources.map((file) => [file.path, file]));
    const reached = new Set(['runtime.ts']);
    const packages = new Set<string>();
    for (const from of reached) {
      for (const { specifier, typeOnly } of byPath.get(from)?.imports ?? []) {
        if (typeOnly) continue;
        if (!specifier.startsWith('.')) packages.add(specifier);
        else reached.add(path.posix.join(path.posix.dirname(from), specifier).replace(/\.js$/, '.ts'));
      }
    }
    expect(reached).toContain('request/parse-request.ts');
    expect([...packages]).toEqual([]);
  });

  it('keeps the whole flow readable on one page', () => {
    const runtime = sources.find((file) => file.path === 'runtime.ts');
    expect(runtime?.text.split('\n').length ?? 0).toBeLessThanOrEqual(LONGEST_RUNTIME);
  });
});

describe('hosts', () => {
  it.each(HOSTS)('%s imports no other host and reaches into no other package', (host) => {
    const folder = `packages/${host}/src`;
    const wrong = sourcesOf(folder).flatMap((file) =>
      file.imports
        .map(({ specifier }) => specifier)
        .filter((specifier) => {
          if (!specifier.startsWith('.')) return HOSTS.some((other) => other !== host && specifier.includes(other));
          return path.posix.join(path.posix.dirname(file.path), specifier).startsWith('..');
        })
        .map((specifier) => `${folder}/${file.path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('browser-host uses no Node module', () => {
    const wrong = sourcesOf('packages/browser-host/src')
      .filter((file) => !isTest(file))
      .filter((file) => file.imports.some(({ specifier }) => specifier.startsWith('node:')));
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it.each(['core', ...HOSTS])('the manifest of %s names no host', (name) => {
    const manifest: unknown = JSON.parse(readFileSync(path.join(root, `packages/${name}/package.json`), 'utf8'));
    const { dependencies = {} } = manifest as { dependencies?: Record<string, string> };
    expect(Object.keys(dependencies).filter((key) => HOSTS.some((host) => key === `@terrace/${host}`))).toEqual([]);
  });
});

describe('every source file', () => {
  const folders = [...['core', ...HOSTS].map((name) => `packages/${name}/src`), 'test', 'bench/src'];
  const sources = folders
    .filter((folder) => existsSync(path.join(root, folder)))
    .flatMap((folder) => sourcesOf(folder).map((file) => ({ ...file, path: `${folder}/${file.path}` })));

  it(`has at most ${LONGEST_FILE} lines`, () => {
    const long = sources.filter((file) => file.text.trimEnd().split('\n').length > LONGEST_FILE);
    expect(long.map((file) => file.path)).toEqual([]);
  });

  it('names what it exports', () => {
    const wild = sources.filter((file) => /^\s*export\s+(type\s+)?\*/m.test(withoutComments(file.text)));
    expect(wild.map((file) => file.path)).toEqual([]);
  });
});

describe('the rules themselves', () => {
  const file = (name: string, text: string): SourceFile => ({ path: name, text, imports: scanImports(text) });

  it('finds every form of import and no commented one', () => {
    const text = [
      "import { a,\n  type B } from './a.js';",
      "import type { C } from './c.js'; // import './no.js'",
      "export { d } from './d.js';",
      "import './e.js';",
      "const f = await import('./f.js');",
      "type G = typeof import('./g.js');",
      "const url = 'https://x'; import h from './h.js';",
      "/* import i from './i.js' */",
    ].join('\n');
    const found = scanImports(text).toSorted((a, b) => a.specifier.localeCompare(b.specifier));
    expect(found).toEqual([
      { specifier: './a.js', typeOnly: false },
      { specifier: './c.js', typeOnly: true },
      { specifier: './d.js', typeOnly: false },
      { specifier: './e.js', typeOnly: false },
      { specifier: './f.js', typeOnly: false },
      { specifier: './g.js', typeOnly: true },
      { specifier: './h.js', typeOnly: false },
    ]);
  });

  it.each([
    ['a stage that uses a later one', 'judge/a.ts', "import { b } from '../escalate/b.js';"],
    ['a later stage in a type', 'request/a.ts', "import type { B } from '../judge/b.js';"],
    ['a Node module', 'load/a.ts', "import { readFile } from 'node:fs/promises';"],
    ['a host', 'run/a.ts', "const host = await import('@terrace/node-host');"],
    ['a test library outside testing', 'run/a.ts', "import { expect } from 'vitest';"],
    ['an early stage that asks endpoints', 'recommend/a.ts', "import { b } from '../remote/b.js';"],
    ['a stage in what reaches endpoints', 'remote/a.ts', "import { b } from '../run/b.js';"],
    ['code of the AI SDK', 'remote/a.ts', "import { APICallError } from '@ai-sdk/provider';"],
    ['a port with code in it', 'ports/a.ts', "import { b } from '../catalog/schema.js';"],
    ['data that uses a stage', 'catalog/schema.ts', "import { b } from '../request/b.js';"],
    ['a stage that uses the runtime', 'run/a.ts', "import { createRuntime } from '../runtime.js';"],
    ['a stage that uses its other face', 'run/a.ts', "import { b } from '../ai-sdk/b.js';"],
    ['code of the AI SDK in its face', 'ai-sdk/a.ts', "import { NoSuchModelError } from '@ai-sdk/provider';"],
    ['a stage that uses its helpers', 'run/a.ts', "import { b } from '../runtime/b.js';"],
    ['a way out of core', 'run/a.ts', "import x from '../../../node-host/src/x.js';"],
    ['a folder nobody placed', 'surprise/a.ts', "import { b } from '../errors/b.js';"],
    ['a stage that knows the deployment', 'run/a.ts', "import { b } from '../deploy/b.js';"],
    ['a budget that knows the deployment', 'budget/a.ts', "import { b } from '../deploy/b.js';"],
    ['a stage that uses fakes', 'run/a.ts', "import { fake } from '../testing/fake.js';"],
  ])('refuse %s', (_, name, text) => {
    expect(coreViolations(file(name, text))).toHaveLength(1);
  });

  it.each([
    ['an earlier stage', 'escalate/a.ts', "import { b } from '../judge/b.js';"],
    ['data of a later stage', 'request/a.ts', "import { b } from '../catalog/schema.js';"],
    ['types of the AI SDK', 'remote/a.ts', "import type { LanguageModelV3 } from '@ai-sdk/provider';"],
    ['types of data in a port', 'ports/a.ts', "import type { B } from '../catalog/schema.js';"],
    ['every stage in the runtime', 'runtime.ts', "import { b } from './escalate/b.js';"],
    ['the runtime in another face of it', 'ai-sdk/a.ts', "import type { Runtime } from '../runtime.js';"],
    ['every stage in its helpers', 'runtime/a.ts', "import { b } from '../judge/b.js';"],
    ['a test library in testing', 'testing/a.ts', "import { expect } from 'vitest';"],
  ])('allow %s', (_, name, text) => {
    expect(coreViolations(file(name, text))).toEqual([]);
  });
});
