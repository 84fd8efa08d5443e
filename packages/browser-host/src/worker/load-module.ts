/**
 * Loads a script of the package that stands in a file of its own.
 * @param url of the page's own origin
 */
export const loadModule = <T>(url: string): Promise<T> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ url) as Promise<T>;
