/** What a service worker finds around itself, as far as it is used here: the library of types is that of pages. */
export interface ServiceWorkerScope {
  readonly location: Location;
  readonly registration: ServiceWorkerRegistration;
  readonly clients: Clients;
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: LastingEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: LastingEvent & MessageEvent<unknown>) => void): void;
}

/** Its work keeps the worker running, for some minutes at most. */
interface LastingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

export interface FetchEvent extends LastingEvent {
  readonly request: Request;
  /** Who asks. Empty when a page is asked for by nobody, and in Chromium for a worker that a worker started. */
  readonly clientId: string;
  /** The page or worker that comes of the answer; empty when none does. */
  readonly resultingClientId: string;
  respondWith(answer: Promise<Response>): void;
}

/** A page or worker of the origin. */
export interface Client {
  readonly id: string;
  readonly url: string;
  postMessage(message: unknown): void;
}

export interface Clients {
  claim(): Promise<void>;
  matchAll(options: {
    readonly includeUncontrolled?: boolean;
    readonly type: 'window' | 'all';
  }): Promise<readonly Client[]>;
}
