/**
 * Windows of live models, routing among them, rollouts, pilots and their simulation, and nothing else: a host loads it
 * where there is a deployment, and a bundle of the runtime has nothing of it.
 */
export type { ContextModel, ContextWeights, LoggedChoice, Strengths } from './deploy/context/context-model.js';
export { ContextLearner, type ContextLearnerSettings, type LearntContext } from './deploy/context/context-learner.js';
export { createContextRoute, type ContextRoute, type ContextRouteSettings } from './deploy/context/context-route.js';
export { createContextModel, type ContextModelSettings } from './deploy/context/create-context-model.js';
export { fitContext, type ContextLog, type FittedContext } from './deploy/context/fit-context.js';
export {
  fitLandmarks,
  landmarkMap,
  type LandmarkMap,
  type LandmarkPart,
  type LandmarkSample,
} from './deploy/context/landmark-map.js';
export { keepContext, readKeptContext, type KeptContext } from './deploy/context/kept-context.js';
export { readContextModel } from './deploy/context/read-context-model.js';
export type {
  Auditor,
  ControllerPorts,
  ModelHost,
  OpenWindow,
  PlanningPorts,
  RoutingContext,
} from './deploy/controller/controller-ports.js';
export { createController, viewDeployment, type DeploymentView } from './deploy/controller/create-controller.js';
export { holdLease, leaseLost, type LeaseRow, type LeaseTable } from './deploy/controller/hold-lease.js';
export type { DeployedModel, DeployedPath, DeploymentSettings, FixedCost } from './deploy/deployed-model.js';
export { pathTiers } from './deploy/path-tiers.js';
export { costOfQuestion } from './catalog/question-tokens.js';
export type { DeploymentControl, DeploymentStatus, ModelStanding } from './deploy/deployment-control.js';
export type { DeploymentState, DeploymentWish, WindowRecord } from './deploy/deployment-state.js';
export type { FrontierPoint, FrontierReport, HardwareProfile } from './deploy/frontier/frontier.js';
export { frontierOf, type FrontierInput } from './deploy/frontier/frontier-of.js';
export { machineOf, type Machine } from './deploy/frontier/machine.js';
export { advanceLife, newLife } from './deploy/lifecycle/advance-life.js';
export { swapLives } from './deploy/lifecycle/swap-lives.js';
export type { LifeEvent, LifeStage, ModelLife } from './deploy/lifecycle/model-life.js';
export { checkPilotPlan } from './deploy/pilot/check-pilot.js';
export { judgePilot, verdictOf, type BaselineFound } from './deploy/pilot/judge-pilot.js';
export {
  PILOT_METRICS,
  type PilotBaseline,
  type PilotFinding,
  type PilotKpi,
  type PilotMetric,
  type PilotPlan,
  type PilotReport,
} from './deploy/pilot/pilot-plan.js';
export { PilotSide } from './deploy/pilot/pilot-side.js';
export { readPilot, type PilotSources } from './deploy/pilot/read-pilot.js';
export { costOf } from './deploy/rewards/cost-of.js';
export { hasRewards, rewardOf, type FairReward, type Judged } from './deploy/rewards/rewards-of.js';
export { routedEnd, routedTo, type RoutedEnd } from './deploy/rewards/routed-outcome.js';
export type { CostRates, RewardRecord } from './deploy/rewards/reward-record.js';
export { asConfigured } from './deploy/controller/new-state.js';
export { takeWish } from './deploy/controller/take-wish.js';
export { addOutcomes, addRewards } from './deploy/rollout/add-outcomes.js';
export { advanceRollout, steerRollout, waitOf, type RolloutWait } from './deploy/rollout/advance-rollout.js';
export { alarmAt } from './deploy/rollout/alarm.js';
export { auditSharesOf, holdOf, isInRing, type Hold } from './deploy/rollout/hold.js';
export {
  isUnderWay,
  ROLLOUT_SHARES,
  type Rollout,
  type RolloutGuard,
  type RolloutMetric,
  type RolloutOutcome,
  type RolloutPace,
  type RolloutReward,
  type RolloutSide,
  type RolloutState,
  type TestEvidence,
} from './deploy/rollout/rollout.js';
export { DEFAULT_GUARD, DEFAULT_PACE, startRollout } from './deploy/rollout/start-rollout.js';
export { pacedBudget, type PaceKind } from './deploy/route/pace.js';
export { createShareSolver, type ShareSolver } from './deploy/route/create-share-solver.js';
export { drawArm } from './deploy/route/draw-arm.js';
export type { ShareOutcome, ShareProgram } from './deploy/route/shares.js';
export type { Policy, PolicyPorts, SimulatedWindow } from './deploy/simulate/policy.js';
export { queryOracle } from './deploy/simulate/query-oracle.js';
export { readRewardTable } from './deploy/simulate/read-reward-table.js';
export { requireBudget } from './deploy/simulate/require-budget.js';
export type { RewardTable } from './deploy/simulate/reward-table.js';
export {
  openSimulation,
  simulate,
  type RunOptions,
  type Simulation,
  type SimulationInput,
} from './deploy/simulate/simulate.js';
export { staticLp, type StaticOptimum } from './deploy/simulate/static-lp.js';
export { summarise } from './deploy/simulate/summarise.js';
export { ALGORITHMS, type AlgorithmName, type Scenario, type ScenarioEvent } from './deploy/simulate/scenario.js';
export { parseScenarioEvent, readScenarioEvents } from './deploy/simulate/scenario-events.js';
export type { Banded, SimulationReport, SimulationRun } from './deploy/simulate/simulation-result.js';
export { createStageRoute, DEFAULT_STAGE_ROUTE } from './deploy/create-stage-route.js';
export type { NewArm, Reshare, StageRoute, StageRouteSettings, WindowStart } from './deploy/stage-route.js';
export type { ArmStatistics, StatisticsKind } from './deploy/statistics/arm-statistics.js';
export type { BoundSettings, Bounds } from './deploy/statistics/bounds.js';
export { createArmStatistics, MOST_SAMPLES } from './deploy/statistics/create-arm-statistics.js';
export { fillBounds } from './deploy/statistics/fill-bounds.js';
export { highsSolver, type Highs } from './deploy/window/highs-solver.js';
export { planWindow } from './deploy/window/plan-window.js';
export type { WindowPlan, WindowProgram } from './deploy/window/window-program.js';
export { routeRequests } from './runtime/routed-plans.js';
export type { Deployment, Route, RouteAsk, RoutedAnswer } from './ports/deployment.js';
export type { DeploymentStore, Lease } from './ports/deployment-store.js';
export type { MipProgram, MipRow, MipSolution, MipSolver } from './ports/mip-solver.js';
export { InfeasibleBudgetError } from './errors/infeasible-budget-error.js';
export { LeaseHeldError } from './errors/lease-held-error.js';
export { LeaseLostError } from './errors/lease-lost-error.js';
export { UnknownDeploymentError } from './errors/unknown-deployment-error.js';
