/** A BroadcastChannel that may be used after its end: what is said then is said to nobody, and nothing is heard. */
export interface Channel<Out> {
  post(message: Out): void;
  close(): void;
}

export function openChannel<In, Out>(name: string, onMessage?: (message: In) => void): Channel<Out> {
  const channel = new BroadcastChannel(name);
  let isOpen = true;
  // What had arrived before the end may be told after it.
  channel.addEventListener('message', ({ data }: MessageEvent<In>) => {
    if (isOpen) onMessage?.(data);
  });
  return {
    post(message) {
      if (isOpen) channel.postMessage(message);
    },
    close() {
      isOpen = false;
      channel.close();
    },
  };
}
