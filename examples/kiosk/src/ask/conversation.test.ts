import type { Result } from '@terrace/browser-host';
import { describe, expect, it, vi } from 'vitest';
import type { Opened, Session } from '../runtime/session.js';
import { parseSettings } from '../settings/settings.js';
import { Conversation } from './conversation.js';

const SETTINGS = parseSettings(null, ['en']);

/** A runtime that answers everything by the tier. */
const answeringBy = (tier: string) => ({
  async *stream() {
    const output = { kind: 'classification', label: 'balance', ranked: [{ label: 'balance', probability: 1 }] };
    const verdict = { kind: 'accept' };
    yield {
      kind: 'result',
      result: { output, tier, path: [tier], verdict, trace: [], confidence: 1 } as unknown as Result,
    };
  },
});

function talk() {
  const remember = vi.fn<() => Promise<void>>(async () => undefined);
  const opened = {
    runtime: answeringBy('model'),
    remembering: answeringBy('memory'),
    catalog: { deltas: [] },
  } as unknown as Opened;
  const session = { withRuntime: (_: unknown, work: (opened: Opened) => unknown) => work(opened), remember };
  const conversation = new Conversation(session as unknown as Session);
  const ask = async (remembers: boolean): Promise<string | undefined> => {
    await conversation.ask('what is my balance', { ...SETTINGS, remembers });
    const turn = conversation.turn.value;
    if (turn.kind === 'failed') throw turn.error;
    return turn.kind === 'answered' ? turn.result.tier : undefined;
  };
  return { ask, remember };
}

describe('a conversation', () => {
  it('asks the memory where the switch is on, which the first answer brings', async () => {
    const { ask, remember } = talk();
    expect(await ask(true)).toBe('memory');
    expect(remember).toHaveBeenCalledOnce();
  });

  it('is answered by models at once when the switch is off, though the memory is still there', async () => {
    const { ask, remember } = talk();
    expect(await ask(false)).toBe('model');
    expect(remember).not.toHaveBeenCalled();
  });
});
