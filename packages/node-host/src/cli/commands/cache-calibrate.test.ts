import { UnknownDomainError } from '@terrace/core';
import { exampleCatalog, exampleTextModel } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { requireAskable } from './cache-calibrate.js';

const base = exampleCatalog();
const catalog = { ...base, models: [...base.models, exampleTextModel('smol')] };

it.each(['text-classification', 'text-generation'])(
  '%s is not certified in a domain that no request can name',
  (task) => {
    expect(() => requireAskable(catalog, task, catalog.domains[0]!.id)).not.toThrow();
    expect(() => requireAskable(catalog, task, 'nowhere')).toThrow(UnknownDomainError);
  },
);
