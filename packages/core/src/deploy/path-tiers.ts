import type { DeployedPath } from './deployed-model.js';

/** The tiers that a path may ask, lightest first. */
export const pathTiers = (path: DeployedPath): readonly string[] => (path.kind === 'tier' ? [path.tier] : path.tiers);
