import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../tasks/text-generation/messages.js';
import { inputTokens } from '../testing/scripted-text.js';
import { parseEconomy, type Economy } from './economy.js';
import { trimChat, type Similarity } from './trim-chat.js';

const user = (content: string): ChatMessage => ({ role: 'user', content });
const says = (content: string): ChatMessage => ({ role: 'assistant', content });
const system: ChatMessage = { role: 'system', content: 'Be  kind.' };
const turn = (at: number): ChatMessage[] => [user(`question ${at}`), says(`answer ${at} in five words`)];
const LONG = 'This passage stands in every mail that this customer writes, and it says nothing of the matter at all.';

async function trim(messages: readonly ChatMessage[], economy: Economy, similarity?: Similarity) {
  let counts = 0;
  const count = async (chat: { readonly messages: readonly ChatMessage[] }) => {
    counts++;
    return { tokens: inputTokens({ messages: chat.messages, prefix: '' }), estimated: false };
  };
  const trimmed = await trimChat({ messages, tools: [], economy: parseEconomy(economy), count, similarity });
  return { ...trimmed, counts, texts: trimmed.messages.map(({ content }) => content) };
}

const saved = ({ facts: { cut } }: Awaited<ReturnType<typeof trim>>): number =>
  cut.reduce((sum, { tokens }) => sum + tokens, 0);

describe('a chat', () => {
  it('loses nothing that nobody asked to cut', async () => {
    const chat = [system, user(`a   b\n\n\n${LONG}`), says(LONG), user('c  d')];
    const { messages, facts } = await trim(chat, {});
    expect(messages).toEqual(chat);
    expect(facts).toEqual({ before: facts.before, after: facts.before, cut: [] });
  });

  it('loses what is cut, each kind told with what it saved', async () => {
    const chat = [system, user(`a \n\n b\n${LONG}`), says('fine'), user(`c\n${LONG}`)];
    const trimmed = await trim(chat, { whitespace: true, boilerplate: true });
    expect(trimmed.texts).toEqual(['Be  kind.', 'a\n\n b', 'fine', `c\n${LONG}`]);
    expect(trimmed.facts.cut.map(({ kind, message }) => [kind, message])).toEqual([
      ['whitespace', 1],
      ['boilerplate', 1],
    ]);
    expect(saved(trimmed)).toBe(trimmed.facts.before.tokens - trimmed.facts.after.tokens);
  });

  it('loses no more than needed, in the order of the cuts', async () => {
    const chat = [...turn(1), user(`x   y\n${LONG}`), says('fine'), user(LONG)];
    const { facts } = await trim(chat, {});
    const all = { whitespace: true, boilerplate: true, oldestTurns: true };
    const atMost = (fewer: number) => trim(chat, { ...all, maxInputTokens: facts.before.tokens - fewer });
    expect((await atMost(0)).facts.cut).toEqual([]);
    expect((await atMost(1)).facts.cut.map(({ kind }) => kind)).toEqual(['whitespace', 'boilerplate']);
    expect((await atMost(25)).facts.cut.map(({ kind }) => kind)).toEqual(['turn', 'turn', 'whitespace', 'boilerplate']);
  });

  it('loses its oldest turns first, whole, by few counts', async () => {
    const chat = [system, ...Array.from({ length: 511 }, (_, at) => turn(at)).flat(), user('and now?')];
    const { texts, facts, counts } = await trim(chat, { oldestTurns: true, maxInputTokens: 100 });
    expect(facts.after.tokens).toBeLessThanOrEqual(100);
    expect(facts.after.tokens + 11).toBeGreaterThan(100);
    expect([texts[0], texts[1]?.startsWith('question'), texts.at(-2), texts.at(-1)]).toEqual([
      'Be  kind.',
      true,
      'answer 510 in five words',
      'and now?',
    ]);
    expect(counts).toBeLessThan(16);
    expect(facts.cut.every(({ kind }) => kind === 'turn')).toBe(true);
  });

  it('loses the turns that have least to do with the last one, where somebody can tell', async () => {
    const chat = [...turn(1), ...turn(2), ...turn(3), user('question 2 again')];
    const seen: string[] = [];
    const similarity: Similarity = async (to, texts) => {
      seen.push(to, ...texts);
      return [0.4, 0.9, 0.1];
    };
    const economy = { relevance: true, oldestTurns: true, maxInputTokens: 16 };
    const { texts, facts } = await trim(chat, economy, similarity);
    expect(seen[0]).toBe('question 2 again');
    expect(texts).toEqual(['question 2', 'answer 2 in five words', 'question 2 again']);
    expect(facts.cut.map(({ kind, message }) => [kind, message])).toEqual([0, 1, 4, 5].map((at) => ['context', at]));
    const blind = await trim(chat, { ...economy, maxInputTokens: 27 }, async () => undefined);
    expect(blind.texts).toEqual(chat.slice(2).map(({ content }) => content));
  });

  it('keeps a passage in the turn that stays where the one that repeats it goes', async () => {
    const chat = [user(`first\n${LONG}`), says('one'), user(`second\n${LONG}`), says('two'), user('which?')];
    const { texts } = await trim(chat, { boilerplate: true, relevance: true, maxInputTokens: 32 }, async () => [
      0.9, 0.1,
    ]);
    expect(texts).toEqual([`first\n${LONG}`, 'one', 'which?']);
  });

  it('keeps its last turn, its system prompts and what tools said, however long it stays', async () => {
    const call = { id: '1', name: 'look', arguments: '{"a":   1}' };
    const chat: ChatMessage[] = [
      system,
      user('a  b'),
      { role: 'assistant', content: '', toolCalls: [call] },
      { role: 'tool', content: `{ "a":   "${LONG}" }\n\n\n`, toolCallId: '1' },
      { role: 'system', content: 'Be   brief.' },
      user('c  d'),
      { role: 'tool', content: 'an  orphan', toolCallId: '7' },
    ];
    const all = { whitespace: true, boilerplate: true, relevance: true, oldestTurns: true };
    const { texts, facts } = await trim(chat, { ...all, maxInputTokens: 1 }, async () => [0]);
    expect(texts).toEqual(['Be  kind.', 'Be   brief.', 'c  d', 'an  orphan']);
    expect(facts.after.tokens).toBeGreaterThan(1);
    const squeezed = await trim(chat, { whitespace: true, boilerplate: true });
    expect(squeezed.messages).toEqual(chat.map((each, at) => (at === 1 ? user('a b') : each)));
  });

  it('has nothing to lose where it is only a system prompt, or one question', async () => {
    const all = { whitespace: true, boilerplate: true, relevance: true, oldestTurns: true, maxInputTokens: 1 };
    for (const chat of [[system], [user('a   b')]]) {
      expect((await trim(chat, all, async () => [])).messages).toEqual(chat);
    }
  });

  it('asks for a short answer at the end of its system prompt, and counts that as well', async () => {
    const brief = { maxTokens: 20 };
    const { texts, facts } = await trim([system, user('a')], { brief });
    expect(texts).toEqual(['Be  kind.\n\nAnswer briefly.', 'a']);
    expect([facts.after.tokens - facts.before.tokens, facts.cut]).toEqual([2, []]);
    const bare = await trim([...turn(1), user('a')], { brief, oldestTurns: true, maxInputTokens: 8 });
    expect(bare.texts).toEqual(['Answer briefly.', 'a']);
    expect(bare.facts.cut.map(({ message }) => message)).toEqual([0, 1]);
    const german = await trim([user('a')], { brief: { maxTokens: 20, text: ' Antworte kurz. ' } });
    expect(german.texts).toEqual(['Antworte kurz.', 'a']);
  });
});

it.each([
  [{ unknown: true }, 'economy'],
  [{ maxInputTokens: 0 }, 'economy.maxInputTokens'],
  [{ whitespace: 'yes' }, 'economy.whitespace'],
  [{ brief: {} }, 'economy.brief.maxTokens'],
  [{ brief: { maxTokens: 1, text: ' ' } }, 'economy.brief.text'],
  [{ relevance: true }, 'economy.relevance'],
  [{ oldestTurns: true }, 'maxInputTokens'],
  ['all', 'economy'],
  [null, 'economy'],
])('refuses %j and says where', (economy, where) => {
  expect(() => parseEconomy(economy)).toThrow(where);
});
