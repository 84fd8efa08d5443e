const LITERAL = /"(?:[^"\\]|\\.)*"/g;

/** Whether a text is an object or an array in JSON: arguments of a call, and most of what tools return. */
export function isJsonText(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The same JSON with every string of it replaced, keys included, as it reads and not as it is escaped; whatever stands
 * between them is given to `replace` as well. What is not replaced keeps its form to the character.
 */
export function mapJsonText(json: string, replace: (text: string) => string): string {
  let mapped = '';
  let from = 0;
  for (const { 0: literal, index } of json.matchAll(LITERAL)) {
    mapped += between(json.slice(from, index), replace) + mapLiteral(literal, replace);
    from = index + literal.length;
  }
  return mapped + between(json.slice(from), replace);
}

function mapLiteral(literal: string, replace: (text: string) => string): string {
  const text = JSON.parse(literal) as string;
  const replaced = replace(text);
  return replaced === text ? literal : JSON.stringify(replaced);
}

/** Numbers tell of people too; signs alone do not. */
const between = (text: string, replace: (text: string) => string): string => (/\d/.test(text) ? replace(text) : text);
