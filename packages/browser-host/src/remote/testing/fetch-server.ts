import type { FetchServer, SeenRequest, StartFetchServer } from '@terrace/core/testing';
import { onTestFinished } from 'vitest';
import { commands } from 'vitest/browser';
import type { FetchServerCommands, SentAnswer, ServerNews } from './fetch-server-protocol.js';

const runner = commands as unknown as FetchServerCommands;

/** A server that the runner has on the loopback, and that answers as the page says; it ends with the test. */
export const startFetchServer: StartFetchServer = async (answer) => {
  const { id, url } = await runner.openFetchServer();
  const seen: SeenRequest[] = [];
  let last: Omit<ServerNews, 'asked'> = { openSockets: 0, connections: 0, sentBytes: 0 };
  const over = new AbortController();

  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const { asked, ...news } = await runner.fetchServerNews(id);
      last = news;
      for (const [ask, { body = [], ...sent }] of asked) {
        const request = { ...sent, body: Uint8Array.from(body) };
        seen.push(request);
        void runner.answerFetch(id, ask, withNumbers(answer(request)));
      }
    }
  };
  const watching = watch();
  onTestFinished(async () => {
    over.abort();
    await runner.closeFetchServer(id);
    await watching;
  });
  return {
    url,
    seen,
    openSockets: () => last.openSockets,
    connections: () => last.connections,
    sentBytes: () => last.sentBytes,
  } satisfies FetchServer;
};

export const deadUrl = (): Promise<string> => runner.deadFetchUrl();

const withNumbers = (answer: ReturnType<Parameters<StartFetchServer>[0]>): SentAnswer =>
  'body' in answer && answer.body ? { ...answer, body: [...answer.body] } : (answer as SentAnswer);
