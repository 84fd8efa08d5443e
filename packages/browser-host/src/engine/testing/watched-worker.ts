import { changedWorker } from './changed-worker.js';

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
  const { url, channel, tell } = changedWorker(`
    const { requestDevice } = GPUAdapter.prototype;
    const { createBuffer } = GPUDevice.prototype;
    const { destroy } = GPUBuffer.prototype;
    const devices = [];
    const buffers = new Map();
    GPUAdapter.prototype.requestDevice = async function (...args) {
      const device = await requestDevice.apply(this, args);
      devices.push(device);
      return device;
    };
    GPUDevice.prototype.createBuffer = function (...args) {
      const buffer = createBuffer.apply(this, args);
      buffers.set(buffer, buffer.size);
      return buffer;
    };
    GPUBuffer.prototype.destroy = function () {
      buffers.delete(this);
      return destroy.apply(this);
    };
    channel.onmessage = ({ data }) => {
      if (data === 'destroy') for (const device of devices) device.destroy();
      if (data === 'count') channel.postMessage([...buffers.values()].reduce((sum, size) => sum + size, 0));
    };
  `);
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
