import { onTestFinished } from 'vitest';
import { BUILT_FILES } from './shipped-model.js';

export interface ChangedWorker {
  readonly url: string;
  readonly channel: BroadcastChannel;
  tell(message: string): void;
}

/**
 * The built engine worker in a worker with something else in it.
 * @param script runs after it, with `channel` to the test
 */
export function changedWorker(script: string): ChangedWorker {
  const name = `terrace-test-${crypto.randomUUID()}`;
  const source = `import '${BUILT_FILES.engineWorker}';\nconst channel = new BroadcastChannel('${name}');\n${script}`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const channel = new BroadcastChannel(name);
  onTestFinished(() => {
    channel.close();
    URL.revokeObjectURL(url);
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel takes no origin
  return { url, channel, tell: (message) => channel.postMessage(message) };
}
