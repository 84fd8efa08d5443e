import { InvalidDataError } from '../../errors/invalid-data-error.js';
import type { RewardTable } from './reward-table.js';

const HINT =
  'Write one {"arms": {"<name>": {"reward": 0 to 1, "cost": US dollars}, ...}} a line, with the same arms in every line.';

/** No single call costs a million dollars: it is another unit, or another column. */
const MAX_COST = 1e6;
const MAX_FEATURES = 65_536;

/**
 * Reads one query a line: `arms` by name (`{ name: { reward, cost } }`) or as a list (`[{ arm, reward, cost }]`), and, where
 * contextual routing is to be simulated, `features`, a list of numbers. Other fields are passed over, and so are empty lines.
 * @throws InvalidDataError with the line
 */
export function readRewardTable(text: string): RewardTable {
  let columns: Columns | undefined;
  let number = 0;
  for (const line of linesOf(text)) {
    number++;
    if (line.trim() === '') continue;
    const row = parseRow(line, number);
    const arms = armsOf(row, number);
    columns ??= startColumns(arms, featuresOf(row, number)?.length, number);
    addRow(columns, arms, row, number);
  }
  if (!columns) throw new InvalidDataError({ message: 'The table of rewards has no rows.', hint: HINT });
  return tableOf(columns);
}

interface Columns {
  /** Its column, by the name of an arm. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly firstLine: number;
  readonly rewards: readonly number[][];
  readonly costs: readonly number[][];
  readonly width: number | undefined;
  readonly features: number[];
}

/** Of an arm on one query, as it lies in the file. */
type Cells = ReadonlyMap<string, unknown>;

function* linesOf(text: string): Generator<string> {
  // A file of Windows begins with a mark of its byte order.
  let from = text.startsWith('\uFEFF') ? 1 : 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    yield text.slice(from, end < 0 ? text.length : end);
    from = end < 0 ? text.length : end + 1;
  }
}

function parseRow(line: string, number: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw wrong(number, 'is not JSON', cause);
  }
  if (!isRecord(value)) throw wrong(number, 'is no object');
  return value;
}

function armsOf({ arms }: Readonly<Record<string, unknown>>, number: number): Cells {
  if (!Array.isArray(arms)) {
    if (!isRecord(arms)) throw wrong(number, 'has no "arms"');
    return new Map(Object.entries(arms));
  }
  const cells = new Map<string, unknown>();
  for (const entry of arms as unknown[]) {
    const name = isRecord(entry) ? (entry['arm'] ?? entry['name']) : undefined;
    if (typeof name !== 'string') throw wrong(number, 'has an arm without a name ("arm")');
    if (cells.has(name)) throw wrong(number, `has the arm ${shown(name)} twice`);
    cells.set(name, entry);
  }
  return cells;
}

function startColumns(arms: Cells, width: number | undefined, firstLine: number): Columns {
  if (arms.size < 2) throw wrong(firstLine, `has ${arms.size} arms: there is nothing to choose between`);
  if (arms.has('')) throw wrong(firstLine, 'has an arm with an empty name');
  const numbers = new Map([...arms.keys()].map((name, index) => [name, index]));
  const columns = (): number[][] => Array.from(arms, () => []);
  return { numbers, firstLine, rewards: columns(), costs: columns(), width, features: [] };
}

function addRow(columns: Columns, arms: Cells, row: Readonly<Record<string, unknown>>, number: number): void {
  const { numbers, firstLine, width } = columns;
  for (const [name, arm] of numbers) {
    const cell = arms.get(name);
    if (cell === undefined) throw wrong(number, `lacks the arm ${shown(name)} of line ${firstLine}`);
    const { reward, cost } = isRecord(cell) ? cell : {};
    if (!within(reward, 1)) throw wrong(number, `has a reward of ${shown(name)} that is no number from 0 to 1`);
    if (!within(cost, MAX_COST)) throw wrong(number, `has a cost of ${shown(name)} that is no number from 0 to 1e6`);
    columns.rewards[arm]!.push(reward);
    columns.costs[arm]!.push(cost);
  }
  for (const name of arms.keys())
    if (!numbers.has(name)) throw wrong(number, `has the arm ${shown(name)}, which line ${firstLine} has not`);
  const features = featuresOf(row, number);
  if (features?.length !== width)
    throw wrong(number, `has ${features?.length ?? 'no'} features, and line ${firstLine} has ${width ?? 'none'}`);
  for (const value of features ?? []) columns.features.push(value);
}

function featuresOf({ features }: Readonly<Record<string, unknown>>, number: number): readonly number[] | undefined {
  if (features === undefined || features === null) return undefined;
  const fit = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(Math.fround(value));
  if (Array.isArray(features) && features.length > 0 && features.length <= MAX_FEATURES && features.every(fit))
    return features as number[];
  throw wrong(number, 'has "features" that are no list of finite numbers');
}

function tableOf({ numbers, rewards, costs, width, features }: Columns): RewardTable {
  return {
    arms: [...numbers.keys()],
    rows: rewards[0]!.length,
    rewards: rewards.map((column) => Float64Array.from(column)),
    costs: costs.map((column) => Float64Array.from(column)),
    ...(width !== undefined && { features: { width, values: Float32Array.from(features) } }),
  };
}

/** JSON knows no NaN, but `1e999` is infinite. */
const within = (value: unknown, most: number): value is number =>
  typeof value === 'number' && value >= 0 && value <= most;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (name: string): string => `"${name.slice(0, 80)}"`;

const wrong = (line: number, why: string, cause?: unknown): InvalidDataError =>
  new InvalidDataError({ message: `Line ${line} of the table ${why}.`, hint: HINT, facts: { line }, cause });
