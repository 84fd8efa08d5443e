import { changedWorker } from './changed-worker.js';
import { GPU_WATCH } from './gpu-watch.js';

/** What a test may do to the GPU of an engine worker. */
export interface WatchedWorker {
  readonly url: string;
  /** Bytes of all GPU buffers that were made and not destroyed. */
  bufferBytes(): Promise<number>;
  /** As when a driver crashes, or another page takes the device down. */
  destroyDevice(): void;
}

/** The built engine worker, with a look at what it makes of WebGPU. */
export function watchedWorker(): WatchedWorker {
  const { url, channel, tell } = changedWorker(GPU_WATCH);
  return {
    url,
    bufferBytes: () =>
      new Promise((resolve) => {
        channel.addEventListener('message', ({ data }: MessageEvent<number>) => resolve(data), { once: true });
        tell('count');
      }),
    destroyDevice: () => tell('destroy'),
  };
}
