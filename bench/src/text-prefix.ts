import { quantile } from '@terrace/core';
import { createNodeTextEngine } from '@terrace/node-host';
import { printFigures, seededRandom } from './report.js';
import { textJob, words, write } from './text-asks.js';
import { textModel } from './text-model.js';

const ROUNDS = 7;
const PREFIX_TOKENS = 400;

/** Figure 4 of text: the first token behind a long system message that an earlier chat has had, too. */
export async function textPrefix(): Promise<void> {
  const model = await textModel();
  if (!model) return console.log('skipped: text prefix (TERRACE_TEXT_MODEL is not set)');
  const engine = createNodeTextEngine();
  const session = await engine.load(model);
  const random = seededRandom(11);
  let system = '';
  const tokensOf = (text: string): Promise<number> => session.countTokens(textJob('', 1, text));
  const fresh = async (): Promise<void> => {
    system = words(300, random);
    while ((await tokensOf(system)) < PREFIX_TOKENS) system += ` ${words(4, random)}`;
  };
  const cold: number[] = [];
  const warm: number[] = [];
  const cached: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await fresh();
    cold.push((await write(session, textJob(words(12, random), 1, system))).firstMs);
    const again = await write(session, textJob(words(12, random), 1, system));
    warm.push(again.firstMs);
    cached.push(again.usage.cachedTokens);
  }
  const share = quantile(warm, 0.5) / quantile(cold, 0.5);
  printFigures(`Time to the first token, ${PREFIX_TOKENS} tokens of a shared system message, median of ${ROUNDS}`, [
    {
      name: 'kept from an earlier chat',
      wanted: 'at most 25 % of that without',
      measured: `${quantile(warm, 0.5).toFixed(0)} against ${quantile(cold, 0.5).toFixed(0)} ms, ${(100 * share).toFixed(1)} % (${Math.min(...cached)} tokens kept)`,
      holds: share <= 0.25,
    },
  ]);
  await session.release();
  await engine.close();
}
