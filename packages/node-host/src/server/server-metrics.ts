/** Which surface a request came in through. */
export type Api = 'openai' | 'oip' | 'native' | 'operations';

/** What the server counts. Names of models come from the catalog, so that nobody can make up labels. */
export interface ServerMetrics {
  /** One text that was answered. */
  answered(how: {
    readonly api: Api;
    readonly model: string;
    readonly tier: string;
    readonly placement: string;
    readonly climbs: number;
    readonly batch: number;
  }): void;
  /** One HTTP request, however it ended. @param seconds from its headers to the end of its answer */
  responded(how: { readonly api: Api; readonly status: number; readonly seconds: number }): void;
  /** The text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}
