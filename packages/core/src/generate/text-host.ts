import type { TokenizerClass } from '../encoder/text-tokenizer.js';
import type { LocatedFile } from '../ports/model-store.js';
import type { TextModel } from '../ports/text-engine.js';
import type { Random } from '../ports/random.js';
import type { TextGraph } from './graph/text-graph.js';

/** What `@huggingface/jinja` gives. */
export interface TemplateClass {
  new (source: string): {
    render(values: Readonly<Record<string, unknown>>): string;
    /** Its statements as a tree. */
    readonly parsed?: unknown;
  };
}

/** What generation takes from the host that it runs on. */
export interface TextHost {
  /** @throws ArtifactMissingError, ArtifactCorruptError */
  readVerified(file: LocatedFile): Promise<Uint8Array<ArrayBuffer>>;
  /** @throws EngineError, DeltaMismatchError */
  openGraph(model: TextModel): Promise<TextGraph>;
  loadTokenizerClass(): Promise<TokenizerClass>;
  loadTemplateClass(): Promise<TemplateClass>;
  /** Milliseconds on a steady scale. */
  nowMs(): number;
  readonly random: Random;
  /** Lets messages in between two turns of the loop: cancels and new jobs come by them. */
  yieldToMessages(): Promise<void>;
  sleep(delayMs: number): Promise<void>;
}
