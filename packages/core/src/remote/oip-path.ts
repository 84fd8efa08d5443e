/** Where a model is: one segment of the path, whatever its name is made of; a version may follow it. */
export function modelPath(model: string): string {
  const [, name = model, version] = /^(.+)\/versions\/([^/]+)$/.exec(model) ?? [];
  const path = `/v2/models/${encodeURIComponent(name)}`;
  return version === undefined ? path : `${path}/versions/${encodeURIComponent(version)}`;
}
