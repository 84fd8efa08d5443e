import { createNodeTextEngine } from '@terrace/node-host';
import { printFigures, seededRandom } from './report.js';
import { textJob, words, write } from './text-asks.js';
import { textModel } from './text-model.js';

const CHATS = 100;
const LOOKED_AT = [10, 50, 100];
/** Figure 5 of text: memory of the process after chats of many lengths, one after the other. */
export async function textMemory(): Promise<void> {
  const model = await textModel();
  if (!model) return console.log('skipped: text memory (TERRACE_TEXT_MODEL is not set)');
  const engine = createNodeTextEngine();
  const session = await engine.load(model);
  const random = seededRandom(13);
  const rss: number[] = [];
  for (let chat = 1; chat <= CHATS; chat++) {
    await write(session, textJob(words(10 + Math.floor(random() * 150), random), 16));
    if (LOOKED_AT.includes(chat)) rss.push(process.memoryUsage.rss() / 2 ** 20);
  }
  const spread = Math.max(...rss) / Math.min(...rss) - 1;
  printFigures(
    `Memory after ${LOOKED_AT.join(', ')} chats, ${Math.round(model.kvBytes / 2 ** 20)} MiB for keys and values, as planned`,
    [
      {
        name: 'resident',
        wanted: 'flat within 10 %',
        measured: `${rss.map((each) => each.toFixed(0)).join(', ')} MiB, ${(100 * spread).toFixed(1)} %`,
        holds: spread <= 0.1,
      },
    ],
  );
  await session.release();
  await engine.close();
}
