import { EngineError } from '@terrace/core/engine';
import type { TransformersLibrary } from '@terrace/core/pipeline';

const LIBRARY = '@huggingface/transformers';

/** The library is large and wanted by few: it is installed beside Terrace by those who use pipelines. @throws EngineError */
export async function importTransformers(): Promise<TransformersLibrary> {
  try {
    return (await import('@huggingface/transformers')) as unknown as TransformersLibrary;
  } catch (cause) {
    throw cannotImport(cause);
  }
}

function cannotImport(cause: unknown): EngineError {
  const message = cause instanceof Error ? cause.message : String(cause);
  // A package that it needs itself, such as sharp, may be what is missing.
  const missing = /Cannot find package '([^']+)'/.exec(message)?.[1];
  return new EngineError({
    message: missing
      ? `Pipelines need ${LIBRARY}, and ${missing} is not installed.`
      : `${LIBRARY} cannot be loaded: ${message}`,
    hint: `Install it: npm install ${missing ?? LIBRARY}.`,
    facts: { package: missing ?? LIBRARY },
    cause,
  });
}
