export { seededRandom } from '../evaluate/seeded-random.js';
