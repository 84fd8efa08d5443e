import { expect, it } from 'vitest';
import { askLines, EASY, homeOfThisFile, inShort } from './support/answers.js';
import { terrace } from './support/run-cli.js';
import { Readable } from 'node:stream';

const where = { home: homeOfThisFile() };

const line = (text: string): string => `${JSON.stringify({ text })}\n`;
/** A few texts with the label that nano gives each by itself. */
const KNOWN = [
  [EASY, 'credit_score'],
  ['how do i say hello in french', 'translate'],
  ['what is the weather', 'weather'],
  ['transfer money to savings', 'transfer'],
] as const;
const TEXTS = KNOWN.map(([text]) => text);
const LABELS = KNOWN.map(([, label]) => label);

it('answers one object a line, in the order they came', async () => {
  const { code, lines } = await askLines([...TEXTS, ...TEXTS.toReversed()].map(line), where);
  expect(code).toBe(0);
  expect(lines.map(inShort)).toEqual([...LABELS, ...LABELS.toReversed()]);
});

it('gives every line the same fields as a single text', async () => {
  const { lines } = await askLines(TEXTS.map(line), where);
  const answer = ['requestId', 'output', 'tier', 'placement', 'confidence', 'verdict'];
  const fields = [...answer, 'costUsd', 'sentBytes', 'queued', 'trace'];
  for (const each of lines) expect(Object.keys(each)).toEqual(fields);
});

it('puts an error in the place of each bad line and goes on', async () => {
  const bad = ['not json', '7', 'null', '[]', '{"txt":"x"}', '{"text":7}', '{"text":""}', '{"text":"  "}'];
  const input = bad.flatMap((each) => [`${each}\n`, line(EASY)]);
  const { code, lines } = await askLines(input, where);
  expect(code).toBe(0);
  expect(lines.map(inShort)).toEqual(bad.flatMap((_, i) => [2 * i + 1, 'credit_score']));
  for (const each of lines) if ('error' in each) expect(each.error).toMatchObject({ code: 'INVALID_REQUEST' });
});

it('names NUL and half a surrogate pair, which JSON escapes can smuggle in', async () => {
  const { lines } = await askLines(
    ['{"text":"a\\u0000b"}\n{"text":"\\ud800x"}\n{"text":"x\\udc00"}\n', line(EASY)],
    where,
  );
  expect(lines.map((each) => ('error' in each ? each.error.message : each.output.label))).toEqual([
    'The text holds a NUL character.',
    'The text holds half of a surrogate pair.',
    'The text holds half of a surrogate pair.',
    'credit_score',
  ]);
});

it('passes over blank lines and counts them', async () => {
  const { lines } = await askLines(['\n\n', line(EASY), '   \n', 'bad\n'], where);
  expect(lines.map(inShort)).toEqual(['credit_score', 5]);
});

it('reads lines that end as Windows ends them, and a byte order mark', async () => {
  const { code, lines } = await askLines([`\uFEFF${TEXTS.map(line).join('').replaceAll('\n', '\r\n')}\r\n`], where);
  expect(code).toBe(0);
  expect(lines.map(inShort)).toEqual(LABELS);
});

it('reads the last line without its end', async () => {
  const { lines } = await askLines([line(EASY), line('what is the weather').trimEnd()], where);
  expect(lines.map(inShort)).toEqual(['credit_score', 'weather']);
});

it('puts characters together again that arrive in two chunks', async () => {
  const bytes = Buffer.from(line('wie sagt man "schöne grüße 🎉" in french, how do i say it'));
  const whole = await askLines([bytes], where);
  const single = Array.from(bytes, (byte) => Buffer.from([byte]));
  const torn = await askLines(single, where);
  expect(torn.lines).toHaveLength(1);
  expect('output' in torn.lines[0]! && torn.lines[0].output).toEqual(
    'output' in whole.lines[0]! && whole.lines[0].output,
  );
});

it('refuses a line of 600 KB, and that line only', async () => {
  const long = line('x'.repeat(600 * 1024));
  const { code, lines } = await askLines([line(EASY), long, line('what is the weather')], where);
  expect(code).toBe(0);
  expect(lines.map(inShort)).toEqual(['credit_score', 2, 'weather']);
  expect(lines[1]).toMatchObject({ error: { code: 'INVALID_REQUEST', message: 'The line is too long.' } });
});

it('refuses a text of 100 KB by the limit of texts', async () => {
  const { lines } = await askLines([line('x'.repeat(100_000)), line(EASY)], where);
  expect(lines.map(inShort)).toEqual([1, 'credit_score']);
  expect(lines[0]).toMatchObject({ error: { message: expect.stringContaining('the limit is 65536') } });
});

it('takes a thousand lines that come at once', async () => {
  const { code, lines } = await askLines([TEXTS.map(line).join('').repeat(250)], where);
  expect(code).toBe(0);
  expect(lines.map(inShort)).toEqual(Array.from({ length: 250 }, () => LABELS).flat());
});

it('prints nothing for nothing', async () => {
  expect(await askLines([], where)).toEqual({ code: 0, lines: [] });
});

it('fails with bad input when no line could be read', async () => {
  const { code, lines } = await askLines(['bad\n', 'worse\n'], where);
  expect(code).toBe(2);
  expect(lines.map(inShort)).toEqual([1, 2]);
});

it('fails as a single text would when it is the device and not the lines', async () => {
  const { code, lines } = await askLines([line(EASY)], where, '--memory', '1MiB');
  expect(code).toBe(3);
  expect(lines).toMatchObject([{ line: 1, error: { code: 'NO_TIER_FITS' } }]);
});

it('tells by its exit code that an answer was degraded', async () => {
  const { code, lines } = await askLines(TEXTS.map(line), where, '--deadline', '1us');
  expect(code).toBe(4);
  expect(lines.map((each) => 'verdict' in each && each.verdict.degraded)).toEqual(TEXTS.map(() => 'deadline'));
});

it('prints compact JSON with or without --json', async () => {
  const input = Readable.from([Buffer.from(line(EASY))]);
  const { stdout } = await terrace(['run', '--domain', 'clinc150', '-'], { ...where, input });
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({ output: { label: 'credit_score' } });
});
