import { randomName } from '../random-name.js';
import type { Mark } from './mark.js';

/** Room that a full disk cannot take away again. */
const ROOM = '\n'.repeat(1024);

/** Where one runtime has its marks. Nobody else can open it while that lives, and anybody when it is gone, however. */
export interface MarkFile {
  /** Never throws: where nothing can be written there is no sentinel. */
  write(marks: readonly Mark[]): void;
  close(): void;
}

/**
 * A file for a runtime, and what others have left in theirs.
 * @param owner name of the runtime
 * @param left owners whose pages were left in an orderly way: what they were at did not end them
 * @param settle is given the marks of each that died, and makes sure that they are remembered before they are gone
 */
export async function openMarkFile(
  folder: string,
  { owner, left, settle }: { owner: string; left: readonly string[]; settle: (died: unknown[]) => Promise<void> },
): Promise<MarkFile> {
  const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true });
  const free: FileSystemSyncAccessHandle[] = [];
  for await (const entry of directory.values()) {
    // Who lives has it open.
    await open(entry as FileSystemFileHandle).then(
      (handle) => free.push(handle),
      () => undefined,
    );
  }
  await settle(free.flatMap((handle) => readMarks(handle, left)));
  const [own = await open(await directory.getFileHandle(randomName(), { create: true })), ...others] = free;
  for (const handle of [own, ...others]) write(handle, ROOM);
  for (const handle of others) handle.close();
  return {
    write(marks) {
      write(own, `${JSON.stringify([owner, marks])}\n`);
      // The machine itself may go down over a load.
      if (marks.some(({ phase }) => phase === 'load')) attempt(() => own.flush());
    },
    close() {
      write(own, ROOM);
      own.close();
    },
  };
}

const open = async (file: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> => file.createSyncAccessHandle!();

const write = (handle: FileSystemSyncAccessHandle, text: string): void =>
  attempt(() => handle.write(new TextEncoder().encode(text), { at: 0 }));

/** @returns nothing, or what stood there as one item; what cannot be read says nothing */
function readMarks(handle: FileSystemSyncAccessHandle, left: readonly string[]): unknown[] {
  let marks: unknown[] = [];
  attempt(() => {
    const bytes = new Uint8Array(handle.getSize());
    handle.read(bytes, { at: 0 });
    const [line = ''] = new TextDecoder().decode(bytes).split('\n');
    const [owner, standing] = JSON.parse(line) as [string, unknown[]];
    if (standing.length > 0 && !left.includes(owner)) marks = [standing];
  });
  return marks;
}

function attempt(work: () => unknown): void {
  try {
    work();
  } catch {
    // The user may have cleared the site's data.
  }
}
