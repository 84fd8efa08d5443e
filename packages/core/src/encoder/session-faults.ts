import { EngineError } from '../errors/engine-error.js';

/** Somebody in Terrace asks a session for what it cannot do. */
export const cannotRun = (modelId: string, why: string): EngineError =>
  new EngineError({
    message: `${modelId} cannot run: ${why}.`,
    hint: 'This is a fault in Terrace: please report it with the trace.',
    facts: { model: modelId },
  });

export const engineClosed = (modelId: string): EngineError =>
  new EngineError({
    message: `${modelId} cannot be used: the engine was closed.`,
    hint: 'Wait for requests under way before closing the runtime.',
    facts: { model: modelId },
  });
