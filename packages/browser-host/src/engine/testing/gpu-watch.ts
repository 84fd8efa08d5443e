/**
 * What a test puts into an engine worker to see what it makes of WebGPU. It listens to a `channel`: `count` is answered
 * with the bytes of all GPU buffers that were made and not destroyed, `destroy` takes the device away, as when a driver
 * crashes, and `destroy when it computes` does so when it is given the next work.
 */
export const GPU_WATCH = `
  const { requestDevice } = GPUAdapter.prototype;
  const { createBuffer } = GPUDevice.prototype;
  const { destroy } = GPUBuffer.prototype;
  const { submit } = GPUQueue.prototype;
  const devices = [];
  const buffers = new Map();
  let isDoomed = false;
  const destroyDevices = () => devices.forEach((device) => device.destroy());
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
  GPUQueue.prototype.submit = function (...args) {
    submit.apply(this, args);
    if (isDoomed) destroyDevices();
  };
  channel.onmessage = ({ data }) => {
    if (devices.length === 0) return;
    if (data === 'destroy') destroyDevices();
    if (data === 'destroy when it computes') isDoomed = true;
    if (data === 'count') channel.postMessage([...buffers.values()].reduce((sum, size) => sum + size, 0));
  };
`;
