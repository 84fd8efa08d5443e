/** How far a page starts without a network. */
export interface OfflineState {
  /** What a page that is loaded now gets, whole and without a network; absent while nothing is whole. */
  readonly version?: string;
  /** What this page was loaded with. Another one than `version` means that a newer one is here: reload. */
  readonly pageVersion?: string;
  /** A version is being fetched. */
  readonly fetching?: { readonly doneBytes: number; readonly totalBytes: number };
  /** Why the last look at the server brought nothing, be it that there is no network. */
  readonly problem?: OfflineProblem;
}

export interface OfflineProblem {
  /** `DOWNLOAD_FAILED`, `ARTIFACT_CORRUPT`, `INVALID_DATA`, `STORAGE_FAILED` or `UNSUPPORTED`. */
  readonly code: string;
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
}

/** What a page asks its service worker, with a port for the answer or without. */
export interface OfflineAsk {
  readonly terraceOffline: 'state' | 'update';
}

/** What a service worker tells its pages. */
export interface OfflineNews {
  readonly terraceOffline: OfflineState;
}

export function askOf(message: unknown): OfflineAsk['terraceOffline'] | undefined {
  const asked = (message as Partial<OfflineAsk> | null | undefined)?.terraceOffline;
  return asked === 'state' || asked === 'update' ? asked : undefined;
}

export function newsOf(message: unknown): OfflineState | undefined {
  const told = (message as Partial<OfflineNews> | null | undefined)?.terraceOffline;
  return typeof told === 'object' ? told : undefined;
}
