import { endpointManifestSchema, type Endpoint, type EndpointManifest } from '../catalog/endpoint.js';
import type { TaskId } from '../catalog/fields.js';
import { inEnglish } from '../errors/in-english.js';
import { InvalidCatalogError } from '../errors/invalid-catalog-error.js';
import type { AiSdkModel } from './ai-sdk-client.js';

/** A tier of the application's own code: an AI SDK model, and what a catalog would say of it. */
export interface CodeEndpoint extends Pick<EndpointManifest, 'id' | 'placement'> {
  readonly tasks: readonly TaskId[];
  readonly model: AiSdkModel;
  readonly domains?: readonly string[];
  readonly language?: readonly string[];
  readonly price?: Partial<EndpointManifest['price']>;
  readonly dataResidency?: string;
  readonly redact?: boolean;
  readonly timeoutMs?: number;
}

/** Nothing is sent there: the model's own provider knows where it is. */
const NO_ADDRESS = 'https://ai-sdk.invalid';

/** The same, checked and complete. */
export interface OwnEndpoint {
  readonly endpoint: Endpoint;
  readonly model: AiSdkModel;
}

/** @throws InvalidCatalogError when the code describes no endpoint */
export function toOwnEndpoint({ model, ...described }: CodeEndpoint): OwnEndpoint {
  const whole = { ...described, format: 1, protocol: 'openai', url: NO_ADDRESS, model: model.modelId };
  const { data, error } = endpointManifestSchema.safeParse(whole, { error: inEnglish });
  if (!data) throw noEndpoint(String(described.id), error.issues[0]);
  const { format: _, ...manifest } = data;
  const contentId = `ai-sdk:${manifest.id}:${model.provider}:${model.modelId}`;
  return { endpoint: { ...manifest, protocol: 'ai-sdk', contentId }, model };
}

function noEndpoint(
  id: string,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): InvalidCatalogError {
  const path = issue?.path.join('.') || 'the top level';
  return new InvalidCatalogError({
    message: `The endpoint "${id}" of the application is wrong at ${path}: ${issue?.message ?? 'unreadable'}.`,
    hint: `Correct ${path} where the runtime is given its endpoints.`,
    facts: { endpoint: id, path },
  });
}
