import { InvalidRequestError } from '@terrace/core';

const SIZES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};
const DURATIONS: Readonly<Record<string, number>> = {
  us: 1e-3,
  ms: 1,
  s: 1e3,
  sec: 1e3,
  m: 6e4,
  min: 6e4,
  h: 3.6e6,
  d: 8.64e7,
  w: 6.048e8,
};

/** `64MiB`, `1.5 GB`, `67108864` to bytes. @throws InvalidRequestError */
export const parseBytes = (text: string): number =>
  Math.floor(parseQuantity(text, SIZES, 'b', 'a size such as 64MiB or 1.5GB'));

/** `50ms`, `1.5s`, `50` (milliseconds) to milliseconds. @throws InvalidRequestError */
export const parseDurationMs = (text: string): number =>
  parseQuantity(text, DURATIONS, 'ms', 'a duration such as 50ms or 2s');

/** `0.02`, `2%` to a share in [0, 1]. @throws InvalidRequestError */
export function parseShare(text: string): number {
  const [, digits, percent] = /^\s*([0-9]*\.?[0-9]+)\s*(%?)\s*$/.exec(text) ?? [];
  const value = Number(digits) / (percent ? 100 : 1);
  if (digits !== undefined && value >= 0 && value <= 1) return value;
  throw wrong(text, 'a share such as 0.02 or 2%');
}

/** `0.002`, `$0.002`, `2e-7` to a number of dollars. @throws InvalidRequestError */
export function parseCostUsd(text: string): number {
  const [, digits] = /^\s*\$?\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*$/i.exec(text) ?? [];
  if (digits !== undefined && Number.isFinite(Number(digits))) return Number(digits);
  throw wrong(text, 'an amount of dollars such as 0.002');
}

/** `0.002` to an amount of money, in whatever currency. @throws InvalidRequestError */
export function parseAmount(text: string): number {
  if (/^\s*[0-9]*\.?[0-9]+\s*$/.test(text)) return Number(text);
  throw wrong(text, 'an amount such as 0.002');
}

/** `0.7`, `-1` to a number; its bounds are for whoever asked. @throws InvalidRequestError */
export function parseNumber(text: string): number {
  if (/^\s*-?[0-9]*\.?[0-9]+\s*$/.test(text)) return Number(text);
  throw wrong(text, 'a number such as 0.7');
}

/** A natural number above 0. @throws InvalidRequestError */
export function parseCount(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw wrong(text, 'a whole number above 0');
}

/** A TCP port; 0 stands for any that is free. @throws InvalidRequestError */
export function parsePort(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw wrong(text, 'a port from 0 to 65535');
}

/** `60`, `60/min`, `2/s` to a number a minute. @throws InvalidRequestError */
export function parseRate(text: string): number {
  const [, digits, unit = 'min'] = /^\s*([0-9]*\.?[0-9]+)\s*(?:\/\s*(s|min|h))?\s*$/.exec(text) ?? [];
  const aMinute = Number(digits) * (unit === 's' ? 60 : unit === 'h' ? 1 / 60 : 1);
  if (aMinute > 0) return aMinute;
  throw wrong(text, 'a rate such as 60/min');
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>, plain: string, wanted: string): number {
  const [, digits, unit] = /^\s*([0-9]*\.?[0-9]+)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = units[(unit || plain).toLowerCase()];
  const value = Number(digits) * (factor ?? NaN);
  if (Number.isFinite(value) && value > 0) return value;
  throw wrong(text, wanted);
}

function wrong(text: string, wanted: string): InvalidRequestError {
  return new InvalidRequestError({ message: `"${text.slice(0, 40)}" is not ${wanted}.`, hint: `Write ${wanted}.` });
}
