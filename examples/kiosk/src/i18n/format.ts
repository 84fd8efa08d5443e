import type { Language } from './language.js';

/** Numbers and units as the language writes them. */
export interface Format {
  percent(share: number): string;
  ms(ms: number): string;
  /** In whole seconds, minutes, hours or days. */
  age(ms: number): string;
  bytes(bytes: number): string;
  usd(usd: number): string;
  count(n: number): string;
  joules(joules: number): string;
}

const AGES = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** Making a formatter takes longer than drawing the page does: each is made when it is needed first. */
export function createFormat(language: Language): Format {
  const made = new Map<string, Intl.NumberFormat>();
  const write = (value: number, options: Intl.NumberFormatOptions): string => {
    const key = JSON.stringify(options);
    const format = made.get(key) ?? new Intl.NumberFormat(language, options);
    made.set(key, format);
    return format.format(value);
  };
  const unit = (value: number, name: string, maximumFractionDigits: number): string =>
    write(value, { style: 'unit', unit: name, maximumFractionDigits });
  return {
    // What is not certain is not written as if it were.
    percent: (share) => write(share > 0.99 && share < 1 ? 0.99 : share, { style: 'percent', maximumFractionDigits: 0 }),
    ms: (ms) => (ms >= 1000 ? unit(ms / 1000, 'second', 1) : unit(ms, 'millisecond', ms < 10 ? 1 : 0)),
    age(ms) {
      const [name, length] = AGES.find(([, each]) => ms >= each) ?? (['second', 1000] as const);
      return write(Math.floor(ms / length), { style: 'unit', unit: name, unitDisplay: 'long' });
    },
    bytes(bytes) {
      const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
      if (step === 0) return write(bytes, { style: 'unit', unit: 'byte', unitDisplay: 'long' });
      return unit(bytes / 1000 ** step, UNITS[step]!, step === 1 ? 0 : 1);
    },
    usd: (usd) => write(usd, { style: 'currency', currency: 'USD', maximumSignificantDigits: 3 }),
    count: (n) => write(n, {}),
    joules: (joules) => `${write(joules, { maximumSignificantDigits: 2 })} J`,
  };
}
