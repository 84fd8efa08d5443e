import type { Answerer } from '../calls/answerer.js';
import type { News } from '../worker/protocol.js';
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
  const all = new BroadcastChannel(commonChannel(group));
  const own = new BroadcastChannel(ownChannel(group, term));
  /** By tab; the one that was used last is the last. */
  const tabs = new Map<string, BroadcastChannel>();
  let leads = false;
  const tellAll = (message: ToAll): void => all.postMessage(message);

  const tellTab = (name: string, message: FromLeader): void => {
    const tab = tabs.get(name) ?? new BroadcastChannel(ownChannel(group, name));
    tabs.delete(name);
    tabs.set(name, tab);
    tab.postMessage(message);
    for (const [oldest, channel] of tabs) {
      if (tabs.size <= MOST_CHANNELS) return;
      channel.close();
      tabs.delete(oldest);
    }
  };

  all.addEventListener('message', ({ data }: MessageEvent<ToAll>) => {
    if (leads && data.kind === 'who-leads') tellAll({ kind: 'leads', term });
  });
  own.addEventListener('message', ({ data }: MessageEvent<ToLeader>) => {
    if (!leads) return;
    const reply = (message: FromLeader): void => {
      if (leads) tellTab(data.from, message);
    };
    if (data.kind === 'ping') reply({ kind: 'alive' });
    else answerer.receive(data, reply);
  });
  return {
    begin() {
      leads = true;
      tellAll({ kind: 'leads', term });
    },
    news: (news) => tellAll({ kind: 'news', news }),
    leave() {
      if (leads) tellAll({ kind: 'leaves', term });
      leads = false;
      for (const channel of [all, own, ...tabs.values()]) channel.close();
    },
  };
}
