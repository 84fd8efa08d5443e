import type { EndpointManifest } from '@terrace/core';
import { openRemotes, openRemoteText } from '@terrace/core/remote';
import { DEFAULT_GENERATION } from '@terrace/core/text';
import { systemClock } from '../system-clock.js';
import { withinTime, withVariable, type EndpointPorts } from './describe-endpoint.js';
import type { TriedEndpoint } from './try-endpoint.js';

/** The first call opens the connection and finds out what the server takes; the other is measured. */
const CALLS = 2;

/** Asks an endpoint that writes for one token of a chat: that it does is all there is to hold it to. @throws what it fails with */
export async function tryText(
  draft: EndpointManifest,
  { ports, newId, signal }: { ports: EndpointPorts; newId: () => string; signal: AbortSignal },
): Promise<TriedEndpoint> {
  const { fetch, keys } = ports;
  const { format: _, ...manifest } = draft;
  const endpoint = { ...manifest, contentId: '' };
  const remotes = openRemotes({ clock: systemClock, random: Math.random, fetch, keys });
  const text = openRemoteText({ endpoint, remotes, clock: systemClock });
  const tookMs: number[] = [];
  let usesTokens = false;
  try {
    for (let call = 0; call < CALLS; call++) {
      const fromMs = ports.clock.nowMs();
      usesTokens = await withinTime(draft.id, { ports, signal }, async (limited) => {
        const stream = text.stream(
          {
            messages: [{ role: 'user', content: 'Say hello.' }],
            tools: [],
            prefix: '',
            generation: { ...DEFAULT_GENERATION, maxTokens: 1 },
            model: draft.model,
            requestId: newId(),
            key: undefined,
            onCall: () => undefined,
            onRedacted: () => undefined,
          },
          limited,
        );
        let tells = false;
        for await (const pieces of stream) tells ||= pieces.some(({ logProbs }) => logProbs.length > 0);
        return tells;
      });
      tookMs.push(ports.clock.nowMs() - fromMs);
    }
  } catch (error) {
    throw withVariable(error, draft.url);
  } finally {
    remotes.close();
  }
  const notes = usesTokens ? [] : ['it tells no log-probabilities: how sure it is of a text is judged by less'];
  return { manifest: { ...draft, measuredMs: tookMs.at(-1)! }, tookMs, notes };
}
