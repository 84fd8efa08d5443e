import { DownloadError } from '../errors/download-error.js';

/** Without what may be secret: signed addresses carry their key in the query. */
export const place = (url: string): string => {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
};

export const isHtmlType = (contentType: string | null): boolean =>
  /^(text\/html|application\/xhtml)/i.test(contentType ?? '');

/** Whether a file begins as a web page does, whatever its server calls it. */
export const beginsAsHtml = (start: Uint8Array): boolean =>
  /^\uFEFF?\s*<(!doctype|html)/i.test(new TextDecoder().decode(start.subarray(0, 256)));

/** What sign-in pages of networks and servers of pages send in the place of a file that they do not let out or have. */
export const webPage = (url: string): DownloadError =>
  new DownloadError({
    message: `${place(url)} is not used: it sends a web page instead of the file.`,
    hint: 'Check the address, and that the file is there; behind a sign-in page of the network, sign in first.',
    facts: { url: place(url) },
  });
