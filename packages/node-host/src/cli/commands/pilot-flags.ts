import { InvalidDataError, InvalidRequestError } from '@terrace/core';
import { PILOT_METRICS, type PilotBaseline, type PilotKpi, type PilotMetric } from '@terrace/core/deploy';
import { z } from 'zod';
import { readGivenJson } from '../../store/files/read-given-json.js';
import { parseDurationMs, parseShare } from '../quantities.js';

const DAY_MS = 86_400_000;

/** `accuracy>=90%`, `costUsd<=0.8x`, `p95Ms<=200`. @throws InvalidRequestError */
export function parseKpi(text: string): PilotKpi {
  const [, metric, operator, digits, unit] =
    /^\s*([A-Za-z0-9]+)\s*(>=|<=)\s*([0-9]*\.?[0-9]+)\s*(x|%|)\s*$/.exec(text) ?? [];
  if (digits === undefined) throw wrong(text, 'a KPI such as accuracy>=0.9, costUsd<=0.8x or p95Ms<=200');
  if (!isMetric(metric!)) throw wrong(text, `a KPI of one of ${PILOT_METRICS.join(', ')}`);
  const wanted = metric === 'accuracy' ? '>=' : '<=';
  if (operator !== wanted) throw wrong(text, `a KPI that says how good it has to be: ${metric}${wanted}...`);
  const value = Number(digits) / (unit === '%' ? 100 : 1);
  return { metric, goal: { kind: unit === 'x' ? 'relative' : 'absolute', value } };
}

/** `before:14d`, `control:small:10%`, `figures:FILE`. @throws InvalidRequestError, InvalidDataError, StorageError */
export async function readBaseline(text: string, nowWallMs: number): Promise<PilotBaseline> {
  const [kind, ...rest] = text.split(':');
  switch (kind) {
    case 'before':
      return { kind: 'period', fromWallMs: nowWallMs - parseDurationMs(rest.join(':')), toWallMs: nowWallMs };
    case 'control': {
      const [model, share] = rest;
      if (!model || share === undefined || rest.length > 2) break;
      return { kind: 'control', model, share: parseShare(share) };
    }
    case 'figures':
      return { kind: 'figures', figures: await readFigures(rest.join(':')) };
  }
  throw wrong(text, 'a baseline such as before:14d, control:MODEL:10% or figures:FILE');
}

const figuresSchema = z.partialRecord(z.enum(PILOT_METRICS), z.number().nonnegative());

async function readFigures(file: string): Promise<Partial<Record<PilotMetric, number>>> {
  const parsed = figuresSchema.safeParse(await readGivenJson(file));
  if (parsed.success) return parsed.data;
  throw new InvalidDataError({
    message: `${file} is no file of figures.`,
    hint: `Write one object of numbers that are not negative, by metric: ${PILOT_METRICS.join(', ')}.`,
    facts: { file },
    cause: parsed.error,
  });
}

/** The end of a day, in UTC, or a time such as `2026-12-24T18:00Z`. @throws InvalidRequestError */
export function parseUntil(text: string): number {
  const atMs = /^\d{4}-\d\d-\d\d(T[0-9:.]+Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  // A 31st of February would be a day in March.
  const isThere = !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(text.slice(0, 10));
  if (!isThere) throw wrong(text, 'a date such as 2026-12-24, or a time such as 2026-12-24T18:00Z');
  return text.includes('T') ? atMs : atMs + DAY_MS;
}

const isMetric = (name: string): name is PilotMetric => (PILOT_METRICS as readonly string[]).includes(name);

const wrong = (text: string, wanted: string): InvalidRequestError =>
  new InvalidRequestError({ message: `"${text.slice(0, 80)}" is not ${wanted}.`, hint: `Write ${wanted}.` });
