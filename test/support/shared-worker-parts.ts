/** What a runtime needs of its worker, as far as a shared worker has it here: runs in the page. */
export const sharedWorkerParts = (): Promise<{
  readonly startsWorkers: boolean;
  readonly writesFilesAtOnce: boolean;
}> =>
  new Promise((resolve, reject) => {
    const script = `onconnect = ({ ports: [port] }) => port.postMessage({
      startsWorkers: 'Worker' in self,
      writesFilesAtOnce: 'createSyncAccessHandle' in FileSystemFileHandle.prototype,
    });`;
    const worker = new SharedWorker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
    worker.addEventListener('error', () => reject(new Error('the shared worker does not start')));
    worker.port.addEventListener('message', ({ data }) => resolve(data));
    worker.port.start();
  });
