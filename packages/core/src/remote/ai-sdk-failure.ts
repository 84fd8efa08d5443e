import { TerraceError } from '../errors/terrace-error.js';
import { EndpointFailedError } from '../errors/endpoint-failed-error.js';
import { notForIt, statusFailure, unreachable, wrongAnswer } from './exchange-failure.js';
import { codeOf } from './scrubbed-cause.js';

/**
 * What an error of the AI SDK means. Nothing of it is passed on: its messages, bodies and causes quote prompts, answers
 * and headers.
 */
export function aiSdkFailure(endpointId: string, error: unknown, wallMs: number): TerraceError {
  if (TerraceError.isInstance(error)) return error;
  const { name, statusCode, isRetryable, responseHeaders } = fieldsOf(error);
  if (typeof statusCode === 'number' && (statusCode < 200 || statusCode > 299))
    return statusFailure({ endpointId, status: statusCode, retryAfter: retryAfterOf(responseHeaders), wallMs });
  switch (name) {
    case 'AI_JSONParseError':
    case 'AI_TypeValidationError':
    case 'AI_InvalidResponseDataError':
    case 'AI_EmptyResponseBodyError':
    case 'AI_NoContentGeneratedError':
      return wrongAnswer(endpointId, 'its provider cannot read it');
    case 'AI_LoadAPIKeyError':
    case 'AI_LoadSettingError':
      return notForIt(
        endpointId,
        'lacks a key or a setting',
        'Give the provider what it needs, as its documentation says.',
      );
    case 'AI_NoSuchModelError':
    case 'AI_UnsupportedFunctionalityError':
    case 'AI_InvalidArgumentError':
    case 'AI_InvalidPromptError':
    case 'AI_TooManyEmbeddingValuesForCallError':
      return notForIt(endpointId, 'does not take what Terrace asks', 'Take another model of the provider.');
    case 'AI_APICallError':
      if (statusCode !== undefined) return wrongAnswer(endpointId, 'its provider cannot read it');
      return isRetryable === true
        ? noAnswer(endpointId, error)
        : wrongAnswer(endpointId, 'its provider cannot read it');
    default:
      return codeOf(error) !== undefined || (error instanceof TypeError && error.message === 'fetch failed')
        ? noAnswer(endpointId, error)
        : failed(endpointId);
  }
}

/** Only the code of what broke. */
function noAnswer(endpointId: string, error: unknown): TerraceError {
  const code = codeOf(error);
  const bare = new Error('no answer came');
  return unreachable(endpointId, code === undefined ? bare : Object.assign(bare, { code }), undefined);
}

const failed = (endpointId: string): EndpointFailedError =>
  new EndpointFailedError({
    message: `The model "${endpointId}" failed.`,
    hint: 'Ask it by itself: its error is not repeated here, because it may quote the request.',
    facts: { endpoint: endpointId },
  });

function fieldsOf(error: unknown): {
  name?: unknown;
  statusCode?: unknown;
  isRetryable?: unknown;
  responseHeaders?: unknown;
} {
  return typeof error === 'object' && error !== null ? error : {};
}

function retryAfterOf(headers: unknown): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  return typeof found === 'string' ? found : undefined;
}
