import { AssetsMissingError } from './assets-missing-error.js';
import { VERSION } from './version.js';

export const otherRelease = (pageVersion: string): AssetsMissingError =>
  new AssetsMissingError({
    message: `The page's script is of release ${pageVersion} and the runtime's is of release ${VERSION}.`,
    hint: "Serve every file of @terrace/browser-host's folder dist/bundle as it is, and reload the page.",
    facts: { page: pageVersion, worker: VERSION },
  });
