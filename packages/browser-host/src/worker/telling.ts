/** Work that tells of events through a port, and at its end that there are no more. */
export async function telling<Event, T>(
  port: MessagePort,
  work: (tell: (event: Event) => void) => Promise<T>,
): Promise<T> {
  try {
    return await work((event) => port.postMessage(event));
  } finally {
    port.postMessage(null);
  }
}
