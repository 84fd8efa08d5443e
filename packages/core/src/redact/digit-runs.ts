/** Groups of digits with at most one separator between them, the longest that the text has. */
export interface DigitRun {
  /** `+` or `(` or both before the first digit. */
  readonly prefix: string;
  readonly groups: readonly DigitGroup[];
}

export interface DigitGroup {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
  /** What stands between this group and the next: spaces, dash, slash, dot or brackets; empty for the last. */
  readonly separator: string;
}

const SEPARATOR = String.raw` ?[-/] ?|\.| {1,2}| ?\(|\)(?: ?[-/] ?| )?`;
const RUN = new RegExp(String.raw`([+(]{0,2})(\d+(?:(?:${SEPARATOR})\d+)*)`, 'g');
const GROUP = /(\d+)(\D*)/g;

/** Every run of a folded text, in order. A digit belongs to one run only, so reading them takes linear time. */
export function* digitRuns(folded: string): Generator<DigitRun> {
  for (const { index, 1: prefix = '', 2: body = '' } of folded.matchAll(RUN)) {
    const offset = index + prefix.length;
    const groups = Array.from(body.matchAll(GROUP), ({ index: at, 1: digits = '', 2: separator = '' }) => ({
      start: offset + at,
      end: offset + at + digits.length,
      digits,
      separator,
    }));
    yield { prefix, groups };
  }
}
