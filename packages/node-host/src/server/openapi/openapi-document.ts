import { z } from 'zod';
import { CACHE_HEADER } from '../cache-of-request.js';
import type { RouteDoc } from './route-docs.js';
import { VERSION } from '../../version.js';

const TAGS: Readonly<Record<RouteDoc['tag'], string>> = {
  native: 'Everything Terrace knows: requirements, trace, feedback',
  openai: 'The OpenAI API',
  oip: 'The Open Inference Protocol v2',
  operations: 'For whoever runs the server',
};

const CACHE_HEADERS = {
  [CACHE_HEADER]: {
    description:
      'Whether it was answered from memory; of several texts the worst. bypass: the cache was not asked. Absent where there is none.',
    schema: { enum: ['exact', 'semantic', 'miss', 'bypass'] },
  },
};

/** An OpenAPI 3.1 document of all routes; their schemas are those that requests are parsed with. Pure. */
export function openApiDocument(routes: readonly RouteDoc[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operationOf(route);
  return {
    openapi: '3.1.0',
    info: { title: 'Terrace', version: VERSION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    security: [{}, { key: [] }],
  };
}

function operationOf({ method, path, summary, tag, request, response, isCached = false }: RouteDoc): object {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    operationId: `${method}${path.replace(/[^A-Za-z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase())}`,
    summary,
    tags: [tag],
    ...(parameters.length > 0 && { parameters }),
    ...(request && { requestBody: { required: true, content: jsonOf(request, 'input') } }),
    responses: {
      200: {
        description: 'The answer',
        ...(isCached && { headers: CACHE_HEADERS }),
        ...(response && { content: jsonOf(response, 'output') }),
      },
      default: { description: "A refusal, in the interface's own form" },
    },
  };
}

/** What JSON Schema cannot say, such as a check in code, is left out: the server still makes it. */
function jsonOf(schema: z.core.$ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return { 'application/json': { schema: json } };
}
