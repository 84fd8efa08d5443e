import type { FastifyInstance } from 'fastify';
import { retryAfter } from './error-shapes.js';
import { HttpRefusal } from './http-refusal.js';
import { budgetsSchema, deploymentStatusSchema, publicBudget } from './standing-schemas.js';
import { openApiDocument } from './openapi/openapi-document.js';
import type { ServerContext } from './server-context.js';

/** Paths that tell no more than that the server is there: whoever asks needs no key. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/v2/health/live', '/v2/health/ready']);

/** `/healthz`, `/readyz`, `/metrics` and `/openapi.json`; and how budgets and the deployment stand, where there are any. */
export function operationsRoutes(
  app: FastifyInstance,
  { docs, metrics, ready, budgets, deployment }: ServerContext,
): void {
  const operations = { method: 'get', tag: 'operations' } as const;
  docs.add({ ...operations, path: '/healthz', summary: 'Whether the process is alive' });
  app.get('/healthz', () => ({ status: 'alive' }));

  docs.add({ ...operations, path: '/readyz', summary: 'Whether requests should be sent here' });
  app.get('/readyz', () => {
    if (ready()) return { status: 'ready' };
    throw new HttpRefusal({
      status: 503,
      code: 'NOT_READY',
      message: 'The server is starting, or about to stop.',
      hint: 'Send requests elsewhere meanwhile.',
      headers: retryAfter(undefined),
    });
  });

  docs.add({ ...operations, path: '/metrics', summary: 'Metrics in the text format of Prometheus' });
  app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()));

  if (budgets) {
    docs.add({
      ...operations,
      path: '/v1/terrace/budgets',
      summary: 'How every budget stands, and what its period will have taken',
      response: budgetsSchema,
    });
    app.get('/v1/terrace/budgets', async () => ({ budgets: (await budgets.forecasts()).map(publicBudget) }));
  }
  if (deployment) {
    docs.add({
      ...operations,
      path: '/v1/terrace/deployment',
      summary: 'Which models are live, and what is known of them',
      response: deploymentStatusSchema,
    });
    app.get('/v1/terrace/deployment', () => deployment.status());
  }

  docs.add({ ...operations, path: '/openapi.json', summary: 'This document' });
  let document: string | undefined;
  app.get('/openapi.json', (_, reply) => {
    // All routes are known once the first request comes.
    document ??= JSON.stringify(openApiDocument(docs.all()));
    return reply.type('application/json; charset=utf-8').send(document);
  });
}
