import type { Answerer } from '../calls/answerer.js';
import type { News } from '../worker/protocol.js';
import { openChannel, type Channel } from './channel.js';
import { commonChannel, ownChannel, type FromLeader, type ToAll, type ToLeader } from './messages.js';

/** More than one screen shows tabs. They do not tell when they are closed, and one that speaks again gets a new channel. */
const MOST_CHANNELS = 8;

/** The worker's end of other tabs. */
export interface TabService {
  /** There is a runtime to ask. */
  begin(): void;
  news(news: News): void;
  /** No tab is answered any more: what they asked for, they ask of the next leader. */
  leave(): void;
}

/**
 * Answers the other tabs of a group.
 * @param term the name of this leader's time, which no other has
 */
export function serveTabs(group: string, term: string, answerer: Answerer): TabService {
  const all = openChannel<ToAll, ToAll>(commonChannel(group), ({ kind }) => {
    if (!leads || kind !== 'who-leads') return;
    all.post({ kind: 'leads', term });
    if (state) all.post({ kind: 'news', news: state });
  });
  const own = openChannel<ToLeader, never>(ownChannel(group, term), (message) => {
    if (!leads) return;
    const reply = (answer: FromLeader): void => tellTab(message.from, answer);
    if (message.kind === 'ping') reply({ kind: 'alive' });
    else answerer.receive(message, reply);
  });
  /** By tab; the one that was used last is the last. */
  const tabs = new Map<string, Channel<FromLeader>>();
  let leads = false;
  /** What a tab that comes later has to know. */
  let state: News | undefined;

  const tellTab = (name: string, message: FromLeader): void => {
    if (!leads) return;
    const tab = tabs.get(name) ?? openChannel<never, FromLeader>(ownChannel(group, name));
    tabs.delete(name);
    tabs.set(name, tab);
    tab.post(message);
    for (const [oldest, channel] of tabs) {
      if (tabs.size <= MOST_CHANNELS) return;
      channel.close();
      tabs.delete(oldest);
    }
  };

  return {
    begin() {
      leads = true;
      all.post({ kind: 'leads', term });
    },
    news(news) {
      if (news.kind === 'offline') state = news;
      all.post({ kind: 'news', news });
    },
    leave() {
      if (leads) all.post({ kind: 'leaves', term });
      leads = false;
      for (const channel of [all, own, ...tabs.values()]) channel.close();
    },
  };
}
