import type { DeploymentSettings } from '../deployed-model.js';

/** Says whether settings are those that something was made with. FNV-1a: it only has to differ where they do. */
export function settingsId(settings: DeploymentSettings): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(JSON.stringify(settings))) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
