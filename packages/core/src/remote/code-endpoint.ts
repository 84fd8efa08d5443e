import { endpointManifestSchema, type Endpoint, type EndpointManifest } from '../catalog/endpoint.js';
import type { TaskId } from '../catalog/fields.js';
import type { Catalog } from '../catalog/schema.js';
import { inEnglish } from '../errors/in-english.js';
import type { CatalogSource } from '../ports/catalog-source.js';
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

/** @throws ZodError when the code describes no endpoint */
export function toEndpoint({ model, ...described }: CodeEndpoint): Endpoint {
  const { format: _, ...manifest } = endpointManifestSchema.parse(
    { ...described, format: 1, protocol: 'openai', url: NO_ADDRESS, model: model.modelId },
    { error: inEnglish },
  );
  return { ...manifest, protocol: 'ai-sdk', contentId: `ai-sdk:${manifest.id}:${model.provider}:${model.modelId}` };
}

/** A catalog with the application's own tiers in it; those win where ids are equal. */
export function withEndpoints(source: CatalogSource, own: readonly Endpoint[]): CatalogSource {
  if (own.length === 0) return source;
  const ids = new Set(own.map(({ id }) => id));
  let base: Catalog | undefined;
  let whole: Catalog;
  return {
    current() {
      const catalog = source.current();
      if (catalog !== base) {
        const others = (catalog.endpoints ?? []).filter(({ id }) => !ids.has(id));
        whole = { ...catalog, endpoints: [...others, ...own] };
        base = catalog;
      }
      return whole;
    },
    calibration: (domain) => source.calibration(domain),
  };
}
