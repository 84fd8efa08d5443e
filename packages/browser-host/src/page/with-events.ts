/**
 * Makes a call that tells of events on its way, all of them before it resolves.
 * @param call sends the port that events are told to; `null` is the last one
 */
export async function withEvents<Event, T>(
  listener: ((event: Event) => void) | undefined,
  call: (port: MessagePort) => Promise<T>,
): Promise<T> {
  const { port1, port2 } = new MessageChannel();
  // The answer to the call comes another way, and could overtake the last events.
  const all = new Promise<void>((resolve) => {
    port1.addEventListener('message', ({ data }: MessageEvent<Event | null>) => {
      if (data === null) resolve();
      else listener?.(data);
    });
  });
  port1.start();
  try {
    const value = await call(port2);
    await all;
    return value;
  } finally {
    port1.close();
  }
}
