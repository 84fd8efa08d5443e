import type { DeployedPath } from '../deploy/deployed-model.js';
import type { Deployment, Route, RouteAsk, RoutedAnswer } from '../ports/deployment.js';

export interface FakeDeployment extends Deployment {
  readonly asked: RouteAsk[];
  readonly told: RoutedAnswer[];
}

/** Routes every request to one model of two, at once or later. */
export function createFakeDeployment(
  path: DeployedPath,
  { later = false }: { readonly later?: boolean } = {},
): FakeDeployment {
  const asked: RouteAsk[] = [];
  const told: RoutedAnswer[] = [];
  const route: Route = { window: 'w1', model: 'chosen', path, shares: { chosen: 0.75, other: 0.25 } };
  return {
    asked,
    told,
    routes: () => true,
    route(ask) {
      asked.push(ask);
      return later ? Promise.resolve(route) : route;
    },
    ended: (answer) => void told.push(answer),
  };
}
