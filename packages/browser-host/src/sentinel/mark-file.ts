import { randomName } from '../random-name.js';
import type { Mark } from './mark.js';

/** Nothing, and room that a full disk cannot take away again. */
const EMPTY = '\n'.repeat(1024);

/** Where one runtime has its marks. Nobody else can open it while that lives, and anybody when it is gone, however. */
export interface MarkFile {
  /** Never throws: where nothing can be written, nothing is. */
  write(marks: readonly Mark[]): void;
  close(): void;
}

/**
 * A file for a runtime, after a look at what others have left in theirs.
 * @param owner name of the runtime
 * @param left owners whose pages were left in an orderly way: what they were at did not end them
 * @param settle is given the marks of each that died, as they stand there, and remembers what is to be known of them
 */
export async function openMarkFile(
  folder: string,
  { owner, left, settle }: { owner: string; left: readonly string[]; settle: (died: string[]) => Promise<void> },
): Promise<MarkFile> {
  const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true });
  const free: FileSystemSyncAccessHandle[] = [];
  const died: string[] = [];
  for await (const file of directory.values()) {
    // Who lives has it open.
    const handle = await open(file).catch(() => undefined);
    if (!handle) continue;
    free.push(handle);
    const bytes = new Uint8Array(handle.getSize());
    handle.read(bytes, { at: 0 });
    const [by, marks = ''] = new TextDecoder().decode(bytes).split('\n');
    if (by && !left.includes(by)) died.push(marks);
  }
  await settle(died);
  for (const handle of free) write(handle, EMPTY);
  const own = free.pop() ?? (await open(await directory.getFileHandle(randomName(), { create: true })));
  for (const handle of free) handle.close();
  return {
    write(marks) {
      // The machine itself may go down over a load with a runtime.
      const isDurable = marks.some(({ phase, isAhead }) => phase === 'load' && !isAhead);
      write(own, marks.length > 0 ? `${owner}\n${JSON.stringify(marks)}\n` : EMPTY, isDurable);
    },
    close() {
      write(own, EMPTY);
      own.close();
    },
  };
}

const open = async (file: FileSystemHandle): Promise<FileSystemSyncAccessHandle> =>
  (file as FileSystemFileHandle).createSyncAccessHandle!();

function write(handle: FileSystemSyncAccessHandle, text: string, isDurable = false): void {
  try {
    handle.write(new TextEncoder().encode(text), { at: 0 });
    if (isDurable) handle.flush();
  } catch {
    // It is closed, the disk is full, or the user has cleared the site's data.
  }
}
