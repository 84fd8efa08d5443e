/** A stretch of a digit run that could be a telephone number. */
export interface PhoneShape {
  /** As folded, from the first digit to the last. */
  readonly text: string;
  readonly groups: readonly string[];
  readonly plus: boolean;
}

/** Assigned country calling codes (ITU E.164). */
const CALLING_CODE = new RegExp(
  '^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|21[1-368]|2[2-6]\\d|29[01789]|35\\d|37\\d|38[0-79]|' +
    '42[013]|50\\d|59\\d|67[02-9]|68\\d|69[0-2]|80[08]|85[02356]|87[08]|88[0-368]|96\\d|97\\d|99[2-68])',
);

/** 2024-01-15, 15.01.2024, 1/15/24; a fifth pair behind the last would make it a French telephone number. */
const DATE =
  /^(?:\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)|\d{1,2}([-/. ])\d{1,2}\2(?:19|20)\d{2}(?!\d)|\d{1,2}([-/.])\d{1,2}\3\d{2}(?![-/.\d]))/;
/** 08.30 - 17.00 */
const HOURS = /^\d{1,2}\.[0-5]\d ?- ?\d{1,2}\.[0-5]\d(?!\d)/;
const IP_ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}(?![.\d])/;

/** Written so that it is something else for sure. */
export const isOtherwise = ({ text }: PhoneShape): boolean =>
  DATE.test(text) || HOURS.test(text) || IP_ADDRESS.test(text);

/** `+` or `00`, a calling code and 8 to 15 digits in all. */
export function isInternational({ groups, plus }: PhoneShape): boolean {
  const digits = groups.join('');
  const number = plus ? digits : digits.slice(2);
  if (!plus && !digits.startsWith('00')) return false;
  if (number.length < 8 || number.length > 15 || !CALLING_CODE.test(number)) return false;
  // Counters and part numbers are padded with zeros too; round numbers have a sign.
  if (!plus && groups.length === 1) return number.length >= 10 && number.length <= 13;
  return !number.endsWith('000000');
}

/** With the `0` for long distance that most of the world writes, in groups: 030 1234567, 03-1234-5678, 01 23 45 67 89. */
export function isNational({ groups }: PhoneShape): boolean {
  const [area = '', ...rest] = groups;
  const { length } = groups.join('');
  if (!/^0[1-9]/.test(area) || rest.length === 0 || area.length > 6 || length < 9 || length > 12) return false;
  // The last group may be the one digit of a switchboard: 030 12345-0.
  return rest.every((group, index) => group.length >= 2 || index === rest.length - 1);
}

/** The same without groups: ten or eleven digits, twelve of a German mobile. Codes of other kinds look like it too. */
export function isUngroupedNational({ groups }: PhoneShape): boolean {
  return groups.length === 1 && /^0(?:[1-9]\d{8,9}|1[5-7]\d{9})$/.test(groups[0] ?? '');
}

/** North American: (555) 123-4567, 555-123-4567, 1-800-555-0199. Only dashes and brackets make one of any digits. */
export function isNorthAmerican({ text, groups }: PhoneShape): boolean {
  if (!/^(?:1,)?\d{3},\d{3},\d{4}$/.test(groups.join(','))) return false;
  const [area = '', exchange = ''] = groups.slice(-3);
  return /[-)]/.test(text) ? !area.startsWith('0') : /^[2-9]/.test(area) && /^[2-9]/.test(exchange);
}

/** Any 7 to 15 digits, for where the words before say that a telephone number follows. */
export function isAnnounced({ groups }: PhoneShape): boolean {
  const { length } = groups.join('');
  return length >= 7 && length <= 15;
}
