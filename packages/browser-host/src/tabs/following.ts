import { commonChannel, ownChannel, type FromLeader, type ToAll, type ToLeader } from './messages.js';
import type { Seat, SeatOptions } from './leading.js';

/**
 * The runtime of another tab.
 * @param name of this tab
 * @param onLeader told when there is one
 */
export function follow({
  group,
  name,
  caller,
  onNews,
  onHeard,
  onLeader,
}: SeatOptions & { readonly group: string; readonly name: string; readonly onLeader: () => void }): Seat {
  const all = new BroadcastChannel(commonChannel(group));
  const own = new BroadcastChannel(ownChannel(group, name));
  let leader: { readonly term: string; readonly channel: BroadcastChannel } | undefined;
  const askWho = (): void => all.postMessage({ kind: 'who-leads' } satisfies ToAll);

  const forget = (): void => {
    caller.disconnect();
    leader?.channel.close();
    leader = undefined;
  };
  const meet = (term: string): void => {
    if (leader?.term === term) return;
    forget();
    const channel = new BroadcastChannel(ownChannel(group, term));
    leader = { term, channel };
    caller.connect((message) => channel.postMessage(message satisfies ToLeader));
    onLeader();
  };

  all.addEventListener('message', ({ data }: MessageEvent<ToAll>) => {
    switch (data.kind) {
      case 'who-leads':
        return;
      case 'starting':
        return onHeard();
      case 'leads':
        onHeard();
        return meet(data.term);
      case 'leaves':
        return leader?.term === data.term ? forget() : undefined;
      case 'news':
        return onNews(data.news);
      default:
        return data satisfies never;
    }
  });
  own.addEventListener('message', ({ data }: MessageEvent<FromLeader>) => {
    onHeard();
    if (data.kind !== 'alive') caller.receive(data);
  });
  askWho();
  return {
    isReady: () => leader !== undefined,
    ask() {
      if (leader) leader.channel.postMessage({ kind: 'ping', from: name } satisfies ToLeader);
      else askWho();
    },
    end() {
      forget();
      all.close();
      own.close();
    },
  };
}
