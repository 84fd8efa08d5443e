import { AssetsMissingError } from '../assets/assets-missing-error.js';

/**
 * Loads a script of the package that stands in a file of its own.
 * @param url of the page's own origin
 * @throws AssetsMissingError when it does not come
 */
export async function loadModule<T>(url: string): Promise<T> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ url)) as T;
  } catch (cause) {
    throw new AssetsMissingError({
      message: `A script of the runtime cannot be loaded from ${url}.`,
      hint: "Serve every file of @terrace/browser-host's folder dist/bundle as it is.",
      facts: { url },
      cause,
    });
  }
}
