const SCHEME = 'opfs:';

/** A file in a folder of the origin's private file system, as text: it crosses to any worker of the origin. */
export const opfsLocation = (folder: string, name: string): string => `${SCHEME}${folder}/${name}`;

/** @returns undefined for a location of another kind */
export function parseOpfsLocation(location: string): { folder: string; name: string } | undefined {
  if (!location.startsWith(SCHEME)) return undefined;
  const [folder = '', name = ''] = location.slice(SCHEME.length).split('/');
  return { folder, name };
}
