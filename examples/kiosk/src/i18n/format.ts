import type { Language } from './language.js';

/** Numbers and units as the language writes them. */
export interface Format {
  percent(share: number): string;
  ms(ms: number): string;
  bytes(bytes: number): string;
  usd(usd: number): string;
  count(n: number): string;
  joules(joules: number): string;
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

export function createFormat(language: Language): Format {
  const number = (options: Intl.NumberFormatOptions): Intl.NumberFormat => new Intl.NumberFormat(language, options);
  const percents = number({ style: 'percent', maximumFractionDigits: 0 });
  const counts = number({});
  const joules = number({ maximumSignificantDigits: 2 });
  const sized = UNITS.map((unit, i) =>
    number({
      style: 'unit',
      unit,
      unitDisplay: i === 0 ? 'long' : 'short',
      maximumFractionDigits: i < 2 ? 0 : 1,
    }),
  );
  const whole = number({ style: 'unit', unit: 'millisecond', maximumFractionDigits: 0 });
  const precise = number({ style: 'unit', unit: 'millisecond', maximumFractionDigits: 1 });
  const seconds = number({ style: 'unit', unit: 'second', maximumFractionDigits: 1 });
  const money = number({ style: 'currency', currency: 'USD', maximumSignificantDigits: 3 });
  return {
    // What is not certain is not written as if it were.
    percent: (share) => percents.format(share > 0.99 && share < 1 ? 0.99 : share),
    ms: (ms) => (ms >= 10_000 ? seconds.format(ms / 1000) : (ms < 10 ? precise : whole).format(ms)),
    bytes(bytes) {
      const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
      return sized[step]!.format(bytes / 1000 ** step);
    },
    usd: (usd) => money.format(usd),
    count: (n) => counts.format(n),
    joules: (amount) => `${joules.format(amount)} J`,
  };
}
