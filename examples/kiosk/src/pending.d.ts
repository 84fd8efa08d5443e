import type { FetchProgress } from '@terrace/core';

declare module '@terrace/browser-host' {
  interface BrowserRuntime {
    importBundle(
      file: Blob,
      options: {
        trustedKeys?: readonly string[];
        allowUnsigned?: boolean;
        acceptLicences?: readonly string[];
        signal?: AbortSignal;
        onProgress?: (progress: FetchProgress) => void;
      },
    ): Promise<unknown>;
    exportBundle(options?: object): Promise<Blob>;
  }
  export function wipe(): Promise<unknown>;
}
