import type { Catalog } from '@terrace/core';

/**
 * What is to be said of endpoints that are used otherwise than they say, or not at all. Pure.
 * @param folders what was merged
 */
export function doubtfulEndpoints(folders: readonly Catalog[], merged: Catalog): string[] {
  const isModel = (id: string): boolean => merged.models.some((model) => model.id === id);
  const called = folders
    .flatMap(({ endpoints = [] }) => endpoints)
    .filter(({ id }) => isModel(id))
    .map(({ id }) => `the endpoint ${id} is left out: a model is called so; add it under another id`);
  // Its answers stand for themselves: nothing here is known that they could be fused with.
  const serving = (merged.endpoints ?? [])
    .filter(({ serves }) => serves && !isModel(serves.model))
    .map(({ id, serves }) => `the endpoint ${id} serves "${serves!.model}", which is not here: its scores do not fuse`);
  return [...called, ...serving];
}
