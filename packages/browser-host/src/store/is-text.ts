/** Whether a response is this text, byte by byte: of another one no more is read than shows that. */
export async function isText(response: Response, text: string): Promise<boolean> {
  const expected = new TextEncoder().encode(text);
  const reader = response.body?.getReader();
  for (let at = 0; ;) {
    const { value } = (await reader?.read()) ?? {};
    if (!value) return at === expected.length;
    if (!value.every((byte, i) => byte === expected[at + i])) return false;
    at += value.length;
  }
}
