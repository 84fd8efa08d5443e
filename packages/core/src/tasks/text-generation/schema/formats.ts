const DATE_30 = '(0[1-9]|[12]\\d|30)';
const DATE =
  '(\\d{4}-(' +
  '(0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|' +
  `(0[469]|11)-${DATE_30}|` +
  '02-(0[1-9]|1\\d|2[0-8]))|' +
  '(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)';
const HOURS = '([01]\\d|2[0-3])';
const TIME = `${HOURS}:[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?(Z|[+\\-]${HOURS}:[0-5]\\d)`;
const LOOSE_TIME = `${HOURS}:[0-5]\\d:([0-5]\\d|60)(\\.\\d+)?([Zz]|[+\\-]${HOURS}:[0-5]\\d)`;
const BYTE = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]\\d|\\d)';

/** Patterns of what is written, and of what is accepted where that is more. */
export const FORMATS: ReadonlyMap<string, { readonly written: string; readonly accepted: string }> = new Map([
  ['date', same(DATE)],
  ['time', { written: whole(TIME), accepted: whole(LOOSE_TIME) }],
  ['date-time', { written: whole(`${DATE}T${TIME}`), accepted: whole(`${DATE}[Tt ]${LOOSE_TIME}`) }],
  ['uuid', same('[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')],
  [
    'email',
    {
      written: whole('[A-Za-z0-9_+\\-]{1,32}(\\.[A-Za-z0-9_+\\-]{1,32}){0,3}@([a-z0-9]{1,32}\\.){1,3}[a-z]{2,12}'),
      accepted: whole('[^\\s@]+@[^\\s@.]+(\\.[^\\s@.]+)*'),
    },
  ],
  ['ipv4', same(`(${BYTE}\\.){3}${BYTE}`)],
]);

function whole(pattern: string): string {
  return `^(${pattern})$`;
}

function same(pattern: string): { readonly written: string; readonly accepted: string } {
  return { written: whole(pattern), accepted: whole(pattern) };
}
