/**
 * Makes a call that tells of events on its way.
 * @param call sends the port that events are told to
 */
export async function withEvents<Event, T>(
  listener: ((event: Event) => void) | undefined,
  call: (port: MessagePort) => Promise<T>,
): Promise<T> {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<Event>) => listener?.(data);
  try {
    return await call(port2);
  } finally {
    port1.close();
  }
}
