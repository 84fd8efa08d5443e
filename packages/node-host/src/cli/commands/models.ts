import { InvalidRequestError } from '@terrace/core';
import type { GlobalFlags } from '../settings.js';
import { addModels } from './models-add.js';
import { indexModels } from './models-index.js';
import { listModels } from './models-list.js';
import { showModel } from './models-show.js';
import { verifyModels } from './models-verify.js';

const ACTIONS = 'list, show ID, add FOLDER, verify, index FOLDER';

/**
 * `terrace models`: what is there, whether it is whole, and how to add to it.
 * @throws InvalidRequestError when there is no such action or its argument is missing
 */
export async function models(
  action: string,
  what: string | undefined,
  flags: GlobalFlags,
  signal: AbortSignal,
): Promise<number> {
  switch (action) {
    case 'list':
      return listModels(flags);
    case 'show':
      return showModel(named(what, 'show ID'), flags);
    case 'add':
      return addModels(named(what, 'add FOLDER'), flags, signal);
    case 'verify':
      return verifyModels(flags, signal);
    case 'index':
      return indexModels(named(what, 'index FOLDER'), flags);
    default:
      throw new InvalidRequestError({
        message: `There is no \`terrace models ${action}\`.`,
        hint: `Use one of: ${ACTIONS}.`,
        facts: { action },
      });
  }
}

function named(what: string | undefined, usage: string): string {
  if (what) return what;
  throw new InvalidRequestError({
    message: 'The last argument is missing.',
    hint: `Write \`terrace models ${usage}\`.`,
  });
}
