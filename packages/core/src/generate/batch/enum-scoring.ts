import type { Caches, TextGraph } from '../graph/text-graph.js';
import type { ChatTokenizer } from '../prompt/chat-tokenizer.js';
import { largestLogit, logSumExp } from '../sample/logit-statistics.js';

/** A beginning that some values share. */
interface Node {
  readonly children: Map<number, Node>;
  /** Values that end here. */
  readonly values: number[];
  /** Natural log of P(last token | what stands before it). */
  step: number;
  /** The same of all its tokens. */
  logProb: number;
}

/** Caches that several beginnings go on from. */
interface Shared<C extends Caches> {
  readonly caches: C;
  users: number;
}

interface Pending<C extends Caches> {
  readonly node: Node;
  readonly token: number;
  readonly behind: Shared<C>;
  readonly row: number;
}

/** How likely each of some texts is behind a prompt. Beginnings that they share are computed once, a run for each step. */
export class EnumScoring<C extends Caches> {
  readonly #graph: TextGraph<C>;
  readonly #tokenizer: Pick<ChatTokenizer, 'vocabulary' | 'endTokens'>;
  readonly values: readonly string[];
  readonly #root = newNode();
  readonly #encoded: readonly Int32Array[];
  readonly #scores: number[];
  readonly #maxRows: number;
  /** Last in, first out: few caches are alive at a time. */
  readonly #pending: Pending<C>[] = [];

  /** @param start what is behind the prompt; its caches are this one's from here on */
  constructor({
    graph,
    tokenizer,
    values,
    start,
    maxRows,
  }: {
    graph: TextGraph<C>;
    tokenizer: Pick<ChatTokenizer, 'vocabulary' | 'endTokens' | 'encode'>;
    values: readonly string[];
    start: { readonly caches: C; readonly logits: Float32Array };
    /** Most that are computed side by side: each holds the prompt again. */
    maxRows: number;
  }) {
    this.#maxRows = maxRows;
    this.#graph = graph;
    this.#tokenizer = tokenizer;
    this.values = values;
    this.#encoded = values.map((value) => tokenizer.encode(value));
    this.#scores = values.map(() => 0);
    for (const [value, ids] of this.#encoded.entries()) {
      let node = this.#root;
      for (const id of ids) {
        const child = node.children.get(id) ?? newNode();
        node.children.set(id, child);
        node = child;
      }
      node.values.push(value);
    }
    const shared = { caches: start.caches, users: 1 };
    this.#visit(this.#root, start.logits, shared, 0);
    this.#leave(shared);
  }

  get isOver(): boolean {
    return this.#pending.length === 0;
  }

  async step(): Promise<void> {
    const some = this.#pending.splice(-this.#maxRows);
    const gathered = this.#graph.gather(
      some.map(({ behind, row }) => ({ caches: behind.caches, row })),
      true,
    );
    for (const { behind } of some) this.#leave(behind);
    const { logits, caches } = await this.#graph.run({
      ids: Int32Array.from(some, ({ token }) => token),
      columns: 1,
      caches: gathered,
      keep: false,
      logits: 'last',
    });
    const { vocabulary } = this.#graph;
    const shared = { caches, users: 1 };
    for (const [row, { node }] of some.entries()) {
      this.#visit(node, logits.subarray(row * vocabulary, (row + 1) * vocabulary), shared, row);
    }
    this.#leave(shared);
  }

  /** Natural log of P(value), all of them together 1. */
  logProbs(): readonly number[] {
    const largest = Math.max(...this.#scores);
    const logSum = largest + Math.log(this.#scores.reduce((sum, score) => sum + Math.exp(score - largest), 0));
    return this.#scores.map((score) => score - logSum);
  }

  /** The tokens of a value with the natural logs of their probabilities. */
  tokensOf(value: number): readonly { readonly token: number; readonly logProb: number }[] {
    let node = this.#root;
    return Array.from(this.#encoded[value]!, (token) => {
      node = node.children.get(token)!;
      return { token, logProb: node.step };
    });
  }

  release(): void {
    for (const { behind } of this.#pending.splice(0)) this.#leave(behind);
  }

  #visit(node: Node, logits: Float32Array, behind: Shared<C>, row: number): void {
    const width = Math.min(this.#tokenizer.vocabulary, logits.length);
    const logSum = logSumExp(logits, width, largestLogit(logits, width));
    const ended = this.#tokenizer.endTokens.reduce((sum, token) => sum + Math.exp(logits[token]! - logSum), 0);
    // Only where others go on does it matter that a value ends.
    this.#score(node, node.children.size > 0 ? node.logProb + Math.log(ended) : node.logProb);
    for (const [token, child] of node.children) {
      child.step = logits[token]! - logSum;
      child.logProb = node.logProb + child.step;
      if (child.children.size === 0) this.#score(child, child.logProb);
      else {
        behind.users++;
        this.#pending.push({ node: child, token, behind, row });
      }
    }
  }

  #score(node: Node, logProb: number): void {
    for (const value of node.values) this.#scores[value] = logProb;
  }

  #leave(shared: Shared<C>): void {
    if (--shared.users === 0) shared.caches.release();
  }
}

const newNode = (): Node => ({ children: new Map(), values: [], step: 0, logProb: 0 });
