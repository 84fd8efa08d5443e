import { viewDeployment, type DeploymentSettings, type DeploymentView } from '@terrace/core/deploy';
import { checkDeployment } from '../../deploy/check-deployment.js';
import { readDeployment } from '../../deploy/deployment-file.js';
import { deploymentFileOf } from '../../deploy/deployment-path.js';
import { createHighsSolver } from '../../deploy/highs-solver.js';
import { planWith } from '../../deploy/plan-with.js';
import { systemClock } from '../../system-clock.js';
import { describeDeployment, describeWindow } from '../describe-deployment.js';
import { EXIT } from '../exit-code.js';
import { print, printJson } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';
import { withDeploymentFiles } from './deployment-files.js';
import { openCatalog } from './models-catalog.js';

/** `terrace deploy status`: as the state folder has it; a server need not run. */
export async function deployStatus(flags: GlobalFlags): Promise<number> {
  const settings = await readDeployment(deploymentFileOf((await readSettings(flags)).home));
  return withView(flags, settings, async ({ status }) => {
    if (flags.json) printJson({ settings, ...status });
    else print(describeDeployment({ settings, status, nowWallMs: systemClock.wallMs() }));
    return EXIT.answered;
  });
}

/** `terrace deploy plan`: the next window, or why there can be none. */
export async function deployPlan(flags: GlobalFlags): Promise<number> {
  const { folders } = await openCatalog(flags);
  const read = await readDeployment(deploymentFileOf((await readSettings(flags)).home));
  const settings = checkDeployment(read, folders.current());
  return withView(flags, settings, async ({ preview }) => {
    const record = await preview();
    if (flags.json) printJson(record);
    else print(describeWindow(record));
    return EXIT.answered;
  });
}

function withView<T>(
  flags: GlobalFlags,
  settings: DeploymentSettings,
  use: (view: DeploymentView) => Promise<T>,
): Promise<T> {
  return withDeploymentFiles(flags, async ({ store, ledger }) => {
    const solver = createHighsSolver();
    try {
      return await use(await viewDeployment({ ...planWith(solver), store, ledger, clock: systemClock }, settings));
    } finally {
      await solver.close();
    }
  });
}
