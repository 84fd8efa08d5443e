import type { BrowserCommand } from 'vitest/node';
import type { ServerAnswer } from '@terrace/core/testing';
import type {
  FetchServerCommands,
  SentAnswer,
  SentRequest,
} from '../../packages/browser-host/src/remote/testing/fetch-server-protocol.js';
import {
  deadUrl,
  startAnsweringServer,
  type AnsweringServer,
} from '../../packages/node-host/src/remote/testing/answering-server.js';

const NEWS_LIMIT_MS = 1000;

interface Opened {
  readonly server: AnsweringServer;
  readonly toAnswer: Map<number, (answer: ServerAnswer) => void>;
  asked: [ask: number, request: SentRequest][];
  /** Wakes whoever waits for news. */
  tell: () => void;
  hasNews: boolean;
}

type Commands = {
  [Name in keyof FetchServerCommands]: BrowserCommand<
    Parameters<FetchServerCommands[Name]>,
    ReturnType<FetchServerCommands[Name]>
  >;
};

/** Servers for pages under test, which have no sockets themselves. */
export function fetchServerCommands(): Commands {
  const servers = new Map<number, Opened>();
  let lastId = 0;
  let lastAsk = 0;

  return {
    async openFetchServer() {
      const id = ++lastId;
      const onChange = (): void => {
        const opened = servers.get(id);
        if (!opened) return;
        opened.hasNews = true;
        opened.tell();
      };
      const server = await startAnsweringServer({
        isOpen: true,
        onChange,
        answer: (request) =>
          new Promise((resolve) => {
            const ask = ++lastAsk;
            const opened = servers.get(id);
            opened?.toAnswer.set(ask, resolve);
            opened?.asked.push([ask, { ...request, body: [...request.body] }]);
            onChange();
          }),
      });
      servers.set(id, { server, toAnswer: new Map(), asked: [], tell: () => undefined, hasNews: true });
      return { id, url: server.url };
    },
    async fetchServerNews(_, id) {
      const opened = servers.get(id);
      if (!opened) return { asked: [], openSockets: 0, connections: 0, sentBytes: 0 };
      if (!opened.hasNews) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, NEWS_LIMIT_MS);
          opened.tell = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      opened.hasNews = false;
      const { server, asked } = opened;
      opened.asked = [];
      const counts = { openSockets: server.openSockets(), connections: server.connections() };
      return { asked, ...counts, sentBytes: server.sentBytes() };
    },
    async answerFetch(_, id, ask, answer) {
      servers.get(id)?.toAnswer.get(ask)?.(withBytes(answer));
    },
    async closeFetchServer(_, id) {
      const opened = servers.get(id);
      servers.delete(id);
      opened?.tell();
      await opened?.server.close();
    },
    deadFetchUrl: () => deadUrl(),
  };
}

const withBytes = (answer: SentAnswer): ServerAnswer =>
  'body' in answer && answer.body
    ? ({ ...answer, body: Uint8Array.from(answer.body) } as ServerAnswer)
    : (answer as ServerAnswer);
