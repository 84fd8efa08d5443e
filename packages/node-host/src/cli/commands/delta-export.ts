import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InvalidRequestError, type Delta } from '@terrace/core';
import { exportPeft } from '@terrace/core/deltas';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { writeAtomically } from '../../store/files/atomic-file.js';
import { packDelta } from '../../store/revisions/pack-delta.js';
import { storeAs, type StoredAs } from '../../store/revisions/store-as.js';
import { print, printJson, table } from '../output.js';
import { kilobytes } from '../revision-names.js';
import type { GlobalFlags } from '../settings.js';
import { openDeltaStore } from './delta-store.js';

export interface ExportFlags extends GlobalFlags {
  readonly out: string;
  readonly format?: 'peft' | 'terrace';
  readonly dtype?: StoredAs;
}

type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** `terrace delta export DELTA`: its files as they are, in another type, or as PEFT loads them. */
export async function exportDelta(id: string, flags: ExportFlags): Promise<number> {
  const { folders: open } = await openDeltaStore(flags);
  const folders = await open();
  const packed = await packDelta(folderOf(id, folders));
  const out = resolve(flags.out);
  await requireEmpty(out);
  const files =
    flags.format === 'peft' ? asPeft(packed, flags.dtype) : flags.dtype ? storeAs(packed, flags.dtype) : packed.files;
  for (const [name, bytes] of files) await writeAtomically(join(out, name), bytes);
  const written = [...files].map(([name, { length }]) => ({ name, bytes: length }));
  if (flags.json) printJson({ delta: id, folder: out, files: written });
  else print([`${id} -> ${out}`, table(written.map(({ name, bytes }) => [`  ${name}`, kilobytes(bytes)]))].join('\n'));
  return 0;
}

/** @throws InvalidRequestError for a type that PEFT does not read, InvalidDataError for a head alone */
function asPeft({ manifest, files }: Awaited<ReturnType<typeof packDelta>>, dtype: StoredAs | undefined): Files {
  if (dtype === 'int8') {
    throw new InvalidRequestError({
      message: 'PEFT reads no 8-bit factors.',
      hint: 'Export with --dtype fp16 or fp32, or in the format of Terrace.',
    });
  }
  const types = { fp32: 'F32', fp16: 'F16' } as const;
  return exportPeft({ manifest, files, dtype: dtype && types[dtype] });
}

function folderOf(id: string, folders: ModelFolders): string {
  const holds = ({ catalog }: ModelFolders['folders'][number]): Delta | undefined =>
    catalog.deltas.find((delta) => delta.id === id);
  const folder = folders.folders.findLast(holds);
  const delta = folder && holds(folder);
  if (folder && delta) return join(folder.path, dirname(delta.head.path));
  throw new InvalidRequestError({
    message: `There is no delta "${id.slice(0, 128)}".`,
    hint: `Deltas: ${
      folders
        .current()
        .deltas.map((each) => each.id)
        .join(', ') || 'none'
    }.`,
    facts: { delta: id.slice(0, 128) },
  });
}

/** What is there may be somebody's own. @throws InvalidRequestError */
async function requireEmpty(folder: string): Promise<void> {
  if ((await readdir(folder).catch(() => [])).length === 0) return;
  throw new InvalidRequestError({
    message: `${folder} is not empty.`,
    hint: 'Name a folder that is not there yet.',
    facts: { folder },
  });
}
