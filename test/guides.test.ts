import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../packages/node-host/src/cli/program.js';
import { anchorsOf, readGuides, ROOT } from './support/guides.js';

type Command = ReturnType<typeof buildProgram>;

const guides = readGuides();
const program = buildProgram(new AbortController().signal, () => {});

/** What is wrong with a link, or nothing. */
function faultOf(link: string, from: string): string | undefined {
  const [target = '', anchor] = link.split('#');
  const file = target === '' ? from : path.posix.normalize(path.posix.join(path.posix.dirname(from), target));
  if (!existsSync(path.join(ROOT, file))) return `${link}: there is no ${file}`;
  if (anchor === undefined) return undefined;
  const guide = guides.find((each) => each.file === file);
  return guide && !anchorsOf(guide).has(anchor) ? `${link}: no heading of ${file} is called so` : undefined;
}

/** Commands of a piece of code: the words behind each `terrace`, up to the end of the command or what is said of it. */
function commandsIn(code: string): string[][] {
  const lines = code
    .replaceAll(/\\\n/g, ' ')
    .replaceAll(/"[^"\n]*"|'[^'\n]*'/g, 'TEXT')
    .matchAll(/\bterrace (?=[a-z]|--[a-z])(.*)/g);
  return Array.from(lines, ([, line = '']) =>
    line
      .split(/ {2,}|[;#&<>`]| \| /)[0]!
      .split(/[\s[\]()]+/)
      .filter(Boolean),
  );
}

/** What a command has that the program does not know. */
function faultsOf(words: readonly string[]): string[] {
  const faults: string[] = [];
  let command: Command = program;
  const flags = new Set(['--help', '--version']);
  const enter = (next: Command): void => {
    command = next;
    for (const { long } of next.options) if (long) flags.add(long);
  };
  let isNamed = false;
  for (const word of words) {
    if (word.startsWith('--')) {
      isNamed = true;
      if (!flags.has(word)) faults.push(`terrace ${words.join(' ')}: ${word}`);
    } else if (!isNamed) {
      // `cache stats|clear` names two.
      const found = word.split('|').map((name) => command.commands.find((each) => each.name() === name));
      const [next] = found;
      isNamed = next === undefined || found.includes(undefined);
      if (!isNamed) enter(next!);
      else if (command.commands.length > 0 && /^[a-z|-]+$/.test(word))
        faults.push(`terrace ${words.join(' ')}: ${word}`);
    }
  }
  return faults;
}

/** Every flag that some command has. */
const allFlags = new Set<string>();
const gather = (command: Command): void => {
  for (const { long } of command.options) if (long) allFlags.add(long);
  command.commands.forEach(gather);
};
gather(program);

/** What a module gives to those who import it. */
function exportsOf(specifier: string): Set<string> | undefined {
  const [, folderName = '', rest = ''] = /^@terrace\/([a-z-]+)(.*)$/.exec(specifier) ?? [];
  const folder = path.join(ROOT, 'packages', folderName);
  const { exports } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, { readonly '@terrace/source'?: string }>;
  };
  const source = exports[`.${rest}`]?.['@terrace/source'];
  if (source === undefined) return undefined;
  const text = readFileSync(path.join(folder, source), 'utf8');
  const listed = Array.from(text.matchAll(/^export (?:type )?\{([^}]*)\}/gm), ([, names = '']) => namesIn(names));
  const declared = text.matchAll(/^export (?:async )?(?:function\*?|class|const|interface|type) (\w+)/gm);
  return new Set([...listed.flat(), ...Array.from(declared, ([, name = '']) => name)]);
}

/** The names between the braces of an export or import, as those outside know them. */
const namesIn = (braces: string): string[] =>
  braces
    .split(',')
    .map((each) => each.trim().split(/\s+/).at(-1)!)
    .filter(Boolean);

/** What a piece of code imports that there is not. */
function missingIn(code: string): string[] {
  const imports = code.matchAll(/import (?:type )?\{([^}]*)\} from '(@terrace\/[^']+)'/g);
  return Array.from(imports, ([, braces = '', from = '']) => {
    const given = exportsOf(from);
    if (given === undefined) return [from];
    return namesIn(braces)
      .filter((name) => !given.has(name))
      .map((name) => `${name} of ${from}`);
  }).flat();
}

/** It speaks of what was as well. */
const HISTORY = 'CHANGELOG.md';

describe.each(guides.map((guide) => [guide.file, guide] as const))('%s', (file, { prose, code }) => {
  it('links to what is there', () => {
    const links = Array.from(prose.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm), ([, a, b]) => a ?? b ?? '');
    const own = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(own.map((link) => faultOf(link, file)).filter(Boolean)).toEqual([]);
  });

  it.skipIf(file === HISTORY)('names commands and flags that there are', () => {
    const lone = code
      .filter((each) => each.startsWith('--'))
      .flatMap((each) => each.match(/(?<=^|[ ,|[])--[a-z-]+/g) ?? []);
    const unknown = lone.filter((flag) => !allFlags.has(flag));
    expect([...code.flatMap(commandsIn).flatMap(faultsOf), ...unknown]).toEqual([]);
  });

  it('imports what the packages give', () => {
    expect(code.flatMap(missingIn)).toEqual([]);
  });
});
