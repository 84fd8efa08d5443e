/** What only workers have: the library of types is that of pages. */

/** A file of the origin's private file system, locked for as long as it is open. */
interface FileSystemSyncAccessHandle {
  read(buffer: AllowSharedBufferSource, options?: { at?: number }): number;
  write(buffer: AllowSharedBufferSource, options?: { at?: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

interface FileSystemFileHandle {
  /** Undefined in pages, and in browsers that know no such handles. */
  createSyncAccessHandle?(): Promise<FileSystemSyncAccessHandle>;
}
