import { TerraceError, type TerraceErrorInit } from '@terrace/core';

/** What is wrong with a request before it is one for the runtime, or with whoever sends it. */
export class HttpRefusal extends TerraceError {
  override readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor({
    status,
    code,
    headers = {},
    ...init
  }: TerraceErrorInit & {
    readonly status: number;
    readonly code: string;
    readonly headers?: Readonly<Record<string, string>>;
  }) {
    super(init);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
