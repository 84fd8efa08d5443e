import { InvalidRequestError } from '@terrace/core';
import type { ImportedHead } from '@terrace/core/deltas';
import { createNodeRuntime } from '../../create-node-runtime.js';
import { readExamples } from '../../store/files/read-examples.js';
import { readAdapter } from '../../store/revisions/read-adapter.js';
import { showFit } from '../describe-fit.js';
import { print, printJson, warn } from '../output.js';
import { shortId } from '../revision-names.js';
import { startProgress } from '../progress.js';
import { readSettings, runtimeOptions, type GlobalFlags } from '../settings.js';

export interface ImportFlags extends GlobalFlags {
  readonly domain: string;
  readonly base: string;
  readonly data?: readonly string[];
}

/** `terrace delta import FOLDER`: an adapter that PEFT trained, with its head or one that is fitted over it. */
export async function importDelta(folder: string, flags: ImportFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  for (const warning of settings.warnings) warn(warning);
  const { domain, base } = flags;
  const { files, head: given, ...more } = await readAdapter(folder);
  const head: ImportedHead | undefined = flags.data
    ? { kind: 'fitted', examples: (await readExamples(flags.data)).rows }
    : given;
  if (!head) throw headless(folder);
  const ask = { domain, base, files, head, ...(head.kind === 'given' && more) };
  const runtime = await createNodeRuntime({ ...runtimeOptions(settings), reconcile: false });
  const progress = startProgress('importing');
  try {
    const revision = await runtime.deltas.importAdapter(ask, { signal, onProgress: showFit(progress) });
    progress.end();
    const { id, rank } = revision.deltas.find((delta) => delta.base.id === base)!;
    if (flags.json) printJson({ domain, delta: id, rank, revision: revision.id });
    else print(`imported ${id}, rank ${rank}: revision ${shortId(revision.id)} answers ${domain} now`);
    return 0;
  } finally {
    progress.end();
    await runtime.close();
  }
}

const headless = (folder: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `${folder} holds an adapter and no head that turns what it makes of a text into a label.`,
    hint: 'Give labelled rows to fit one on (--data FILE), or put head.safetensors and labels.json beside the adapter.',
    facts: { folder },
  });
