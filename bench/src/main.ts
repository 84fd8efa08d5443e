import { browserMainThread } from './browser/browser-main-thread.js';
import { browserParity } from './browser/browser-parity.js';
import { browserRecommender } from './browser/browser-recommender.js';
import { browserSpeed } from './browser/browser-speed.js';
import { browserStart } from './browser/browser-start.js';
import { browserStore } from './browser/browser-store.js';
import { browserTabs } from './browser/browser-tabs.js';
import { browserTextDecode } from './browser/browser-text-decode.js';
import { kioskPaint } from './browser/kiosk-paint.js';
import { kioskStart } from './browser/kiosk-start.js';
import { cacheLookup } from './cache-lookup.js';
import { cacheRisk } from './cache-risk.js';
import { cascade } from './cascade.js';
import { ceiling } from './ceiling.js';
import { coldStart } from './cold-start.js';
import { machine } from './environment.js';
import { deployCanary } from './deploy-canary.js';
import { deltaLearning } from './delta-learning.js';
import { deltaFit } from './delta-fit.js';
import { deltaSizes } from './delta-sizes.js';
import { deltaThroughput } from './delta-throughput.js';
import { deployArrivals } from './deploy-arrivals.js';
import { deployBudgets } from './deploy-budgets.js';
import { deployDrift } from './deploy-drift.js';
import { deployRegret } from './deploy-regret.js';
import { deploySpeed } from './deploy-speed.js';
import { deadlines } from './deadlines.js';
import { deployContext } from './deploy-context.js';
import { disconnection } from './disconnection.js';
import { eventLoop } from './event-loop.js';
import { gateway } from './gateway.js';
import { hedging } from './hedging.js';
import { memory } from './memory.js';
import { modelServer } from './model-server.js';
import { overhead } from './overhead.js';
import { promptEconomy } from './prompt-economy.js';
import { recommender } from './recommender.js';
import { retrieval } from './retrieval.js';
import { risk } from './risk.js';
import { simulationSpeed } from './simulation-speed.js';
import { siteLadder } from './site-ladder.js';
import { textDecode } from './text-decode.js';
import { textMemory } from './text-memory.js';
import { textOverhead } from './text-overhead.js';
import { textPrefix } from './text-prefix.js';
import { textSchema } from './text-schema.js';
import { throughput } from './throughput.js';

const ALL = {
  cascade,
  risk,
  overhead,
  recommender,
  'cold-start': coldStart,
  throughput,
  'event-loop': eventLoop,
  memory,
  ceiling,
  gateway,
  'model-server': modelServer,
  'site-ladder': siteLadder,
  deadlines,
  hedging,
  disconnection,
  'delta-learning': deltaLearning,
  'browser-speed': browserSpeed,
  'browser-start': browserStart,
  'browser-store': browserStore,
  'browser-parity': browserParity,
  'browser-main-thread': browserMainThread,
  'browser-recommender': browserRecommender,
  'browser-tabs': browserTabs,
  'browser-text-decode': browserTextDecode,
  'kiosk-paint': kioskPaint,
  'kiosk-start': kioskStart,
  'delta-fit': deltaFit,
  'delta-sizes': deltaSizes,
  'delta-throughput': deltaThroughput,
  'deploy-canary': deployCanary,
  'deploy-budgets': deployBudgets,
  'deploy-regret': deployRegret,
  'deploy-speed': deploySpeed,
  'deploy-arrivals': deployArrivals,
  'deploy-drift': deployDrift,
  'simulation-speed': simulationSpeed,
  'deploy-context': deployContext,
  'cache-lookup': cacheLookup,
  'cache-risk': cacheRisk,
  'text-decode': textDecode,
  'text-overhead': textOverhead,
  'text-prefix': textPrefix,
  'text-memory': textMemory,
  'text-schema': textSchema,
  'prompt-economy': promptEconomy,
  retrieval,
} as const;

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in ALL));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there are ${Object.keys(ALL).join(', ')}`);
  process.exit(2);
}
console.log(machine());
for (const [name, bench] of Object.entries(ALL)) if (asked.length === 0 || asked.includes(name)) await bench();
