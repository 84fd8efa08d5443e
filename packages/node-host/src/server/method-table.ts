/** Which methods each path takes, so that a wrong method is told from a wrong path. */
export interface MethodTable {
  /** @param path as routes are declared: `/v2/models/:model`, `/v1/models/*` */
  add(method: string | readonly string[], path: string): void;
  /** Empty for a path that nobody answers. @param url with or without a query */
  allowed(url: string): readonly string[];
}

export function createMethodTable(): MethodTable {
  const rows: { readonly matches: RegExp; readonly methods: readonly string[] }[] = [];
  return {
    add(method, path) {
      const pattern = path
        .replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
        .replace(/:\w+/g, '[^/]+')
        .replace(/\*/g, '.*');
      rows.push({ matches: new RegExp(`^${pattern}$`), methods: [method].flat() });
    },
    allowed(url) {
      const path = url.split('?', 1)[0]!;
      return [...new Set(rows.filter(({ matches }) => matches.test(path)).flatMap(({ methods }) => methods))];
    },
  };
}
