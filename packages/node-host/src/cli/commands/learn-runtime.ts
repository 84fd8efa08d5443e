import { StorageError } from '@terrace/core';
import { createNodeRuntime, type NodeRuntime } from '../../create-node-runtime.js';
import type { NodeLearning } from '../../learn/open-learning.js';
import { warn } from '../output.js';
import { readSettings, runtimeOptions, type GlobalFlags, type Settings } from '../settings.js';

interface Opened {
  readonly learning: NodeLearning;
  readonly runtime: NodeRuntime;
  readonly settings: Settings;
}

/** A runtime that learns, whatever the settings say: it answers nothing, so it keeps no text. */
export async function withLearning<T>(flags: GlobalFlags, use: (opened: Opened) => Promise<T>): Promise<T> {
  const settings = await readSettings(flags);
  const runtime = await createNodeRuntime({ ...runtimeOptions(settings), learning: true, reconcile: false });
  for (const warning of [...settings.warnings, ...runtime.models.warnings]) warn(warning);
  try {
    const { learning } = runtime;
    if (!learning) throw noLearning(settings.home);
    return await use({ learning, runtime, settings });
  } finally {
    await runtime.close();
  }
}

const noLearning = (home: string): StorageError =>
  new StorageError({
    message: `The runtime of ${home} does not learn.`,
    hint: 'Check that the folder can be written.',
    facts: { home },
  });
