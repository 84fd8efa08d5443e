import { InvalidRequestError } from '@terrace/core';

/**
 * Which paths a pattern means, as in .gitignore with a leading slash: `*` and `?` stand for parts of one name, `**` for
 * any number of folders, all else for itself. A folder that is meant is meant with all that is in it.
 * @param pattern with `/` between names, such as `models/**`
 * @throws InvalidRequestError
 */
export function pathPattern(pattern: string): (path: string) => boolean {
  const names = pattern.replace(/^\.?\/|\/$/g, '').split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..' || (name.includes('**') && name !== '**'))) {
    throw new InvalidRequestError({
      message: `"${pattern}" is no pattern of paths.`,
      hint: 'Write one like "models/**", "*.map" or "**/*.txt", relative to the folder.',
      facts: { pattern },
    });
  }
  const parts = names.map((name, i) => {
    const isLast = i === names.length - 1;
    if (name === '**') return isLast ? '.+' : '(?:[^/]+/)*';
    return partOf(name) + (isLast ? '' : '/');
  });
  const expression = new RegExp(`^${parts.join('')}(?:/.*)?$`, 'su');
  return (path) => expression.test(path);
}

const partOf = (name: string): string =>
  name
    .replace(/[.+^${}()|[\]\\/]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
