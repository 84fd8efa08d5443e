import { endpointManifestSchema, type EndpointManifest } from '../catalog/endpoint.js';
import { openRemotes } from '../remote/open-remotes.js';
import { openRemoteText } from '../remote/text/open-remote-text.js';
import type { RemoteChat } from '../remote/text/text-client.js';
import { DEFAULT_GENERATION, type Generation } from '../tasks/text-generation/generation.js';
import type { TextEnd, TextPiece } from '../tasks/text-generation/text-output.js';
import { exampleEndpoint } from './example-endpoint.js';
import { createFakeClock } from './fake-clock.js';
import { createFakeFetch, type FakeAnswer } from './fake-fetch.js';
import { seededRandom } from './seeded-random.js';

const { price } = endpointManifestSchema.parse({
  format: 1,
  id: 'e',
  placement: 'site',
  protocol: 'openai',
  url: 'http://site',
  model: 'm',
  tasks: [],
  price: { perMillionInputTokens: 1, perMillionOutputTokens: 2 },
});

/** Text by an endpoint that answers as the script says. */
export function askingForText(
  script: FakeAnswer | FakeAnswer[] | ((body: Record<string, unknown>, index: number) => FakeAnswer),
  changes: Partial<EndpointManifest> = {},
) {
  const fake = createFakeFetch(
    typeof script === 'function'
      ? ({ body }, index) => script(JSON.parse(new TextDecoder().decode(body as Uint8Array)) as never, index)
      : script,
  );
  const endpoint = exampleEndpoint({
    id: 'site',
    protocol: 'openai',
    url: 'http://site.example/v1',
    model: 'large',
    tasks: ['text-generation'],
    price,
    ...changes,
  });
  const clock = createFakeClock();
  const remotes = openRemotes({ clock, random: seededRandom(1), fetch: fake.fetch });
  const text = openRemoteText({ endpoint, remotes, clock });
  let costUsd = 0;
  const redacted: unknown[] = [];
  const ask = async (
    generation: Partial<Generation> = {},
    chat: Partial<RemoteChat> = {},
    signal?: AbortSignal,
  ): Promise<{ pieces: TextPiece[]; end: TextEnd }> => {
    const stream = text.stream(
      {
        messages: [{ role: 'user', content: 'Who are you?' }],
        tools: [],
        prefix: '',
        generation: { ...DEFAULT_GENERATION, ...generation },
        model: 'large',
        requestId: 'r-1',
        key: undefined,
        onCall: (cost) => void (costUsd += cost.costUsd),
        onRedacted: (counts) => void redacted.push(counts),
        ...chat,
      },
      signal,
    );
    const pieces: TextPiece[] = [];
    for (;;) {
      const { done, value } = await stream.next();
      if (done) return { pieces, end: value };
      pieces.push(...value);
    }
  };
  return { ask, fake, text, redacted, costUsd: () => costUsd };
}

/** A stream of events over a line that cuts anywhere. */
export function streamOf(
  events: readonly unknown[],
  { size = 11, breaksWith }: { size?: number; breaksWith?: unknown } = {},
) {
  const written = events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
  const bytes = new TextEncoder().encode(written.join(''));
  const body = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size));
  return { headers: { 'content-type': 'text/event-stream' }, body, ...(breaksWith !== undefined && { breaksWith }) };
}

/** One token. */
export const says = (content: string, logprob?: number, index = 0) => ({
  choices: [
    {
      index,
      delta: { content },
      ...(logprob !== undefined && { logprobs: { content: [{ token: content, logprob, top_logprobs: [] }] } }),
    },
  ],
});
/** How an answer ends. */
export const ends = (finish_reason = 'stop', index = 0) => ({ choices: [{ index, delta: {}, finish_reason }] });
/** What a thousand tokens and five hundred are told by. */
export const counts = { choices: [], usage: { prompt_tokens: 1000, completion_tokens: 500 } };
export const textOf = (pieces: readonly TextPiece[]): string => pieces.map(({ text }) => text).join('');
