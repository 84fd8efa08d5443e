/**
 * What a worker that generates text needs of core, and nothing else: no schema library, no stage of a request.
 */
export { applyTextDelta, type ChangedGraph } from './delta/text/apply-text-delta.js';
export { fieldOf, joined } from './delta/text/message-parts.js';
export { readTextGraph, type TextGraphFile } from './delta/text/read-text-graph.js';
export type { Caches, TextFeed, TextGraph, TextStep } from './generate/graph/text-graph.js';
export { readInputs, type TextInputs } from './generate/graph/text-inputs.js';
export { tokenFeeds } from './generate/graph/token-feeds.js';
export type { Grammar, GrammarCompiler, GrammarState, TokenBytes } from './generate/grammar/grammar.js';
export { createBatcher, type Batcher, type BatcherOptions } from './generate/batch/batcher.js';
export { loadText, type TextThread } from './generate/load/load-text.js';
export { createSampler } from './generate/sample/create-sampler.js';
export { createTextWorker } from './generate/worker/create-text-worker.js';
export { textSession, type RemoteTextWorker } from './generate/worker/text-session.js';
export { createGrammars } from './generate/grammar/create-grammars.js';
export type { ChatTokenizer, Detokenizer, Prompt } from './generate/prompt/chat-tokenizer.js';
export { loadChatTokenizer } from './generate/prompt/load-chat-tokenizer.js';
export type { Sampled, Sampler, SamplerSettings } from './generate/sample/sampler.js';
export type { TemplateClass, TextHost } from './generate/text-host.js';
export type { TextEvent, TextThreadReport, TextWorker } from './generate/worker/text-worker.js';
export type {
  TextEngine,
  TextEngineDelta,
  TextJob,
  TextLoadReport,
  TextModel,
  TextSession,
} from './ports/text-engine.js';
export { predictTextMemoryBytes } from './text/plan/predict-text.js';
export { ContextExceededError } from './errors/context-exceeded-error.js';
export { StructureUnmetError } from './errors/structure-unmet-error.js';
export { TokenizerMismatchError } from './errors/tokenizer-mismatch-error.js';
export type { TextShape } from './catalog/text-shape.js';
export { DEFAULT_GENERATION, type Generation, type OutputFormat } from './tasks/text-generation/generation.js';
export type { ChatMessage, JsonSchema, Tool, ToolCall } from './tasks/text-generation/messages.js';
export type { TextChoice, TextEnd, TextPiece, TextUsage, TokenLogProb } from './tasks/text-generation/text-output.js';
