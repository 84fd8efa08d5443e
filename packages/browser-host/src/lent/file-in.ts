/**
 * Absolute URL of a file of the package.
 * @param assetsUrl the folder with its files, where they do not stand beside the script
 * @param beside the URL written out, because that is what bundlers look for
 */
export const fileIn = (assetsUrl: string | URL | undefined, name: string, beside: () => URL): string =>
  assetsUrl === undefined
    ? beside().href
    : new URL(name, new URL(`${assetsUrl}/`.replace(/\/+$/, '/'), document.baseURI)).href;
