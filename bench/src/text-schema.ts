import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import {
  createBatcher,
  createGrammars,
  DEFAULT_GENERATION,
  loadChatTokenizer,
  type Caches,
  type ChatTokenizer,
  type Generation,
  type JsonSchema,
  type TextEnd,
  type TextEvent,
  type TextGraph,
  type TextJob,
  type TextModel,
  type TextSession,
} from '@terrace/core/generate';
import { matches } from '@terrace/core/text';
import { createNodeTextEngine } from '@terrace/node-host';
import { printFigures, seededRandom } from './report.js';
import { textModel } from './text-model.js';

const BY_CHANCE = 450;
const BY_MODEL = 50;
const ROUNDS = 8;
const AT_ONCE = 5;

const object = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const SCHEMAS: readonly JsonSchema[] = [
  object({
    name: { type: 'string', maxLength: 20 },
    tags: {
      type: 'array',
      items: object({
        key: { type: 'string', maxLength: 8 },
        values: { type: 'array', items: { type: 'integer' }, maxItems: 3 },
      }),
      maxItems: 3,
    },
  }),
  object({
    count: { type: 'integer', minimum: -5, maximum: 1234 },
    share: { type: 'number', minimum: 0, maximum: 1 },
    price: { type: 'number', minimum: 0 },
    open: { type: 'boolean' },
    none: { type: 'null' },
  }),
  {
    $defs: {
      node: object({
        value: { type: 'integer', minimum: 0, maximum: 99 },
        parts: { type: 'array', items: { $ref: '#/$defs/node' }, maxItems: 2 },
      }),
    },
    $ref: '#/$defs/node',
  },
  object({
    code: { type: 'string', pattern: '^[A-Z]{2}-[0-9]{3,5}$' },
    day: { type: 'string', format: 'date' },
    mail: { type: 'string', format: 'email' },
    note: { type: 'string', minLength: 2, maxLength: 40 },
  }),
  {
    anyOf: [
      object({ kind: { const: 'parcel' }, weight: { type: 'integer', minimum: 0 } }),
      object({
        kind: { const: 'letter' },
        text: { type: ['string', 'null'], maxLength: 30 },
        urgent: { enum: ['yes', 'no', 'maybe'] },
      }),
    ],
  },
];

const generation = (schema: JsonSchema | undefined, seed: number, maxTokens: number): Generation => ({
  ...DEFAULT_GENERATION,
  temperature: 1,
  seed,
  maxTokens,
  ...(schema !== undefined && { format: { kind: 'schema', schema } }),
});

/** Figure 3 of text: answers drawn at temperature 1 are what their schema asks for, and cost hardly more a token. */
export async function textSchema(): Promise<void> {
  const model = await textModel();
  if (model === undefined) return console.log('skipped: text-schema (TERRACE_TEXT_MODEL is not set)');
  const chance = await byChance(model);
  const engine = createNodeTextEngine();
  const session = await engine.load(model);
  const real = await byModel(session);
  const { plainMs, heldMs } = await speeds(session);
  await engine.close();
  printFigures('Answers by schema, temperature 1, 5 schemas', [
    {
      name: 'valid, logits by chance, limits by chance',
      wanted: `all ${BY_CHANCE}`,
      measured: `${chance.valid} (${chance.maskMs.toFixed(3)} ms a mask)`,
      holds: chance.valid === BY_CHANCE,
    },
    { name: 'valid, SmolLM2', wanted: `all ${BY_MODEL}`, measured: String(real), holds: real === BY_MODEL },
    {
      name: 'a token',
      wanted: 'at most 15 % slower',
      measured: `${((heldMs / plainMs - 1) * 100).toFixed(1)} % (${heldMs.toFixed(1)} against ${plainMs.toFixed(1)} ms)`,
      holds: heldMs <= plainMs * 1.15,
    },
  ]);
}

/** The hardest model for a grammar: it wants anything, and never what the schema does. */
async function byChance(model: TextModel): Promise<{ valid: number; maskMs: number }> {
  const tokenizer = await loadTokenizer(model);
  const ended = new Map<number, (end: TextEnd | undefined) => void>();
  const compiler = createGrammars(tokenizer);
  const random = seededRandom(4);
  const batcher = createBatcher({
    model,
    graph: chanceGraph(tokenizer.vocabulary),
    tokenizer,
    grammars: compiler,
    readToolCalls: undefined,
    nowMs: () => performance.now(),
    random: seededRandom(1),
    sleep: (delayMs) => new Promise((resolve) => void setTimeout(resolve, delayMs).unref()),
    yieldToMessages: () => new Promise((resolve) => void setImmediate(resolve)),
    send(events: readonly TextEvent[]) {
      for (const event of events) {
        if (event.kind === 'dead') throw new Error(event.error.message);
        if (event.kind === 'pieces') batcher.more(event.jobId, event.pieces.length);
        else ended.get(event.jobId)?.(event.kind === 'ended' ? event.end : undefined);
      }
    },
  });
  const valid = await inGroups(BY_CHANCE, async (i) => {
    const schema = SCHEMAS[i % SCHEMAS.length]!;
    const end = await new Promise<TextEnd | undefined>((resolve) => {
      ended.set(i, resolve);
      const least = compiler.compile({ kind: 'schema', schema }).start().tokensLeft;
      batcher.begin(i, jobOf('x', generation(schema, i, least + Math.floor(random() ** 2 * 400))), 2000);
    });
    return end !== undefined && isOf(schema, end);
  });
  await batcher.close();
  return { valid: valid.filter(Boolean).length, maskMs: meanMaskMs(tokenizer) };
}

/** Along answers of chance, one sequence by itself, first masks of a state included. */
function meanMaskMs(tokenizer: ChatTokenizer): number {
  const random = seededRandom(2);
  const compiler = createGrammars(tokenizer);
  const mask = new Int32Array((tokenizer.vocabulary + 31) >> 5);
  let [masks, tookMs] = [0, 0];
  for (let i = 0; i < 50; i++) {
    const state = compiler.compile({ kind: 'schema', schema: SCHEMAS[i % SCHEMAS.length]! }).start();
    for (let tokens = 0; tokens < 400 && !state.isOver; tokens++) {
      const startMs = performance.now();
      state.mask(mask);
      tookMs += performance.now() - startMs;
      masks++;
      let token = Math.floor(random() * tokenizer.vocabulary);
      while (((mask[token >> 5]! >> (token & 31)) & 1) === 0) token = (token + 1) % tokenizer.vocabulary;
      state.accept(token);
    }
  }
  return tookMs / masks;
}

async function byModel(session: TextSession): Promise<number> {
  const valid = await inGroups(BY_MODEL, async (i) => {
    const schema = SCHEMAS[i % SCHEMAS.length]!;
    return isOf(schema, await endOf(session, jobOf(ASKED, generation(schema, i, 200))));
  });
  return valid.filter(Boolean).length;
}

/** Decoding time a token, in turn with and without a schema: the least of the rounds, as others share the machine. */
async function speeds(session: TextSession): Promise<{ plainMs: number; heldMs: number }> {
  const perToken = async (schema: JsonSchema | undefined, seed: number): Promise<number> => {
    const end = await endOf(session, jobOf(ASKED, generation(schema, seed, schema === undefined ? 50 : 300)));
    return end.timings!.decodeMs / Math.max(1, end.usage.outputTokens - 1);
  };
  // About as long as what is written without: the time of a token grows with those before it.
  const schema: JsonSchema = object({ story: { type: 'string', minLength: 120, maxLength: 180 } });
  let [plainMs, heldMs] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    plainMs = Math.min(plainMs, await perToken(undefined, 7));
    heldMs = Math.min(heldMs, await perToken(schema, round));
  }
  return { plainMs, heldMs };
}

const ASKED = 'Tell me of a parcel, its weight, its price and where it goes, as JSON.';

function jobOf(content: string, settings: Generation): TextJob {
  return {
    messages: [{ role: 'user', content }],
    tools: [],
    prefix: '',
    chatTemplate: undefined,
    generation: settings,
    priority: 'normal',
  };
}

async function endOf(session: TextSession, job: TextJob): Promise<TextEnd> {
  const stream = session.generate(job);
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return value;
  }
}

function isOf(schema: JsonSchema, { choices }: TextEnd): boolean {
  return choices.every(({ text }) => matches(schema, JSON.parse(text)));
}

async function inGroups<T>(count: number, call: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < count; i += AT_ONCE)
    results.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - i) }, (_, k) => call(i + k)))));
  return results;
}

/** The texts of a chat are nothing to it: a template that only puts them together is enough. */
function loadTokenizer(model: TextModel): Promise<ChatTokenizer> {
  return loadChatTokenizer(model, {
    readVerified: async ({ location }) => new Uint8Array(await readFile(location)),
    loadTokenizerClass: async () => Tokenizer,
    loadTemplateClass: async () =>
      class {
        render({ messages }: { readonly messages?: readonly { readonly content: string }[] }): string {
          return (messages ?? []).map(({ content }) => content).join('\n');
        }
      },
  });
}

/** Another random order of all tokens at every step. */
function chanceGraph(vocabulary: number): TextGraph {
  const random = seededRandom(3);
  const drawn = Array.from({ length: 16 }, () => Float32Array.from({ length: vocabulary }, () => random() * 4));
  const caches = (lengths: readonly number[]): Caches => ({
    rows: lengths.length,
    lengths,
    bytes: 0,
    release: () => undefined,
  });
  return {
    vocabulary,
    maxRows: 8,
    chunkTokens: 128,
    bytesPerToken: 1,
    empty: () => caches([0]),
    async run({ columns, caches: before, logits: wanted }) {
      const logits = new Float32Array(wanted === 'last' ? before.rows * vocabulary : 0);
      for (let row = 0; row * vocabulary < logits.length; row++)
        logits.set(drawn[Math.floor(random() * drawn.length)]!, row * vocabulary);
      return { logits, caches: caches(before.lengths.map((length) => length + columns)) };
    },
    gather: (rows) => caches(rows.map(({ caches: { lengths }, row }) => lengths[row]!)),
    release: async () => undefined,
  };
}
