import { availableParallelism } from 'node:os';
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

/** What the calling thread takes to judge an answer and to send the next request. */
const LINGER_MS = 0.4;

/**
 * Waits a moment for the next message before the thread goes to sleep. Waking a sleeping thread takes
 * 0.1 ms and more, which is a tenth of a run of `base`; requests that follow each other closely do not pay it.
 * With a single core the waiting would only hold up whoever is to send the message.
 */
export function createLinger(port: MessagePort): () => void {
  if (availableParallelism() < 2) return () => undefined;
  return () => {
    const untilMs = performance.now() + LINGER_MS;
    while (performance.now() < untilMs) {
      const received = receiveMessageOnPort(port);
      if (received) return void port.emit('message', received.message);
    }
  };
}
