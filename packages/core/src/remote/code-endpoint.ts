import { endpointManifestSchema, type Endpoint, type EndpointManifest } from '../catalog/endpoint.js';
import type { ModelTaskId } from '../catalog/fields.js';
import { inEnglish } from '../errors/in-english.js';
import { InvalidCatalogError } from '../errors/invalid-catalog-error.js';
import type { AiSdkModel } from './ai-sdk-client.js';

/** A tier of the application's own code: an AI SDK model, and what a catalog would say of it. */
export interface CodeEndpoint extends Pick<EndpointManifest, 'id' | 'placement'> {
  readonly tasks: readonly ModelTaskId[];
  readonly model: AiSdkModel;
  readonly domains?: readonly string[];
  readonly language?: readonly string[];
  readonly price?: Partial<EndpointManifest['price']>;
  readonly dataResidency?: string;
  readonly redact?: boolean;
  readonly timeoutMs?: number;
}

/** A tier at an address that the application names itself: what `endpoint.json` would say of it. */
export interface AddressedEndpoint
  extends
    Omit<CodeEndpoint, 'model'>,
    Pick<EndpointManifest, 'protocol' | 'url' | 'model'>,
    Partial<Pick<EndpointManifest, 'labels' | 'serves' | 'measuredMs' | 'golden' | 'tensors'>> {}

/** Nothing is sent there: the model's own provider knows where it is. */
const NO_ADDRESS = 'https://ai-sdk.invalid';

/** The same, checked and complete. */
export interface OwnEndpoint {
  readonly endpoint: Endpoint;
  /** Undefined where it is asked at its address. */
  readonly model: AiSdkModel | undefined;
}

/** @throws InvalidCatalogError when the code describes no endpoint */
export function toOwnEndpoint(described: CodeEndpoint | AddressedEndpoint): OwnEndpoint {
  if ('url' in described) {
    const manifest = parseManifest(described);
    const { id, protocol, url, model } = manifest;
    return { endpoint: { ...manifest, contentId: `own:${id}:${protocol}:${url}:${model}` }, model: undefined };
  }
  const { model, ...rest } = described;
  const manifest = parseManifest({ ...rest, protocol: 'openai', url: NO_ADDRESS, model: model.modelId });
  const contentId = `ai-sdk:${manifest.id}:${model.provider}:${model.modelId}`;
  return { endpoint: { ...manifest, protocol: 'ai-sdk', contentId }, model };
}

function parseManifest(described: object): Omit<EndpointManifest, 'format'> {
  const { data, error } = endpointManifestSchema.safeParse({ ...described, format: 1 }, { error: inEnglish });
  if (!data) throw noEndpoint(String((described as { readonly id?: unknown }).id), error.issues[0]);
  const { format: _, ...manifest } = data;
  return manifest;
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
