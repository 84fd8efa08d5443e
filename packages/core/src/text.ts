/**
 * Text tiers: requests, the ladder, streams and hand-overs, confidence. A host loads it when somebody first asks for
 * text, and a bundle of the runtime has nothing of it.
 */
export {
  templateManifestSchema,
  textDeltaManifestSchema,
  type PromptTemplate,
  type TemplateManifest,
  type TextCatalog,
  type TextDelta,
  type TextDeltaManifest,
} from './catalog/text-catalog.js';
export { promptTemplateId } from './text/templates/prompt-template-id.js';
export type { TextCalibration, TextFeature, TextTierCalibration } from './catalog/text-calibration.js';
export type { TextShape } from './catalog/text-shape.js';
export { ContextExceededError } from './errors/context-exceeded-error.js';
export { StructureUnmetError } from './errors/structure-unmet-error.js';
export { TokenizerMismatchError } from './errors/tokenizer-mismatch-error.js';
export { createTextRuntime } from './runtime/text/create-text-runtime.js';
export { lazyText } from './runtime/text/lazy-text.js';
export type { TextFace } from './runtime/text/with-text.js';
export { withText } from './runtime/text/with-text.js';
export type { TextResult } from './runtime/text/text-result.js';
export type { TextMemoryUse, TextPorts, TextRunOptions, TextRuntime } from './runtime/text/text-runtime.js';
export type { TextStep, TextTraceEvent } from './runtime/text/text-step.js';
export { DEFAULT_GENERATION, type Generation, type OutputFormat } from './tasks/text-generation/generation.js';
export { checkSchema, enumOf } from './tasks/text-generation/check-schema.js';
export { forcedCall, type ForcedCall } from './tasks/text-generation/forced-call.js';
export { matches } from './tasks/text-generation/matches.js';
export type { ChatMessage, JsonSchema, Tool, ToolCall } from './tasks/text-generation/messages.js';
export type {
  FinishReason,
  TextChoice,
  TextEnd,
  TextOutput,
  TextPiece,
  TextTimings,
  TextUsage,
  TokenLogProb,
} from './tasks/text-generation/text-output.js';
export type { TextConfidence, TextFeatures, TextSigns } from './text/confidence/text-features.js';
export { scoreText, type TextQuestion } from './runtime/text/score-text.js';
export {
  fitTextCalibration,
  MIN_TEXT_ROWS,
  type TextFit,
  type TextRow,
  type UnfitText,
} from './text/confidence/fit-text-calibration.js';
export { ANSWER_JUDGES, isRight, type AnswerJudge } from './text/confidence/is-right.js';
export { createWalkBounds, deltaOfEach } from './text/confidence/walk-bounds.js';
export { readTextCalibration } from './text/confidence/read-text-calibration.js';
export { textIdentity } from './text/confidence/require-unchanged.js';
export { createTextSessions, type TextSessions, type TextSessionsPorts } from './text/local/text-sessions.js';
export { examineText } from './text/local/examine-text.js';
export { textModel, type LocalTextRung } from './text/local/text-model.js';
export { kvBytesOf } from './text/plan/kv-bytes.js';
export { predictTextSpeed, type TextSpeed } from './text/plan/predict-text.js';
export { recommendText, type RecommendTextInput } from './text/plan/recommend-text.js';
export type { RatedTextTier, TextEstimate, TextPlan } from './text/plan/text-plan.js';
export { textRequirementsOf, type TextRequirements } from './text/plan/text-requirements.js';
export { textTiers } from './text/plan/text-tiers.js';
export { goldenTextSchema, type GoldenText } from './catalog/golden-text.js';
export {
  generationSchema,
  MAX_CHAT_BYTES,
  textRequestSchema,
  type TextRequest,
  type TextRequestInput,
} from './text/request/text-request-schema.js';
export { parseTextRequest } from './text/request/parse-text-request.js';
export type { TextAsk, TextRun, TextSource, TextSpent } from './text/text-source.js';
export type { LocalTextTier, RemoteTextTier, TextTier } from './text/text-tier.js';
