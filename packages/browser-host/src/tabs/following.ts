import { openChannel, type Channel } from './channel.js';
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
  const all = openChannel<ToAll, ToAll>(commonChannel(group), (message) => {
    switch (message.kind) {
      case 'who-leads':
        return;
      case 'starting':
        return onHeard();
      case 'leads':
        onHeard();
        return meet(message.term);
      case 'leaves':
        return leader?.term === message.term ? forget() : undefined;
      case 'news':
        return onNews(message.news);
      default:
        return message satisfies never;
    }
  });
  const own = openChannel<FromLeader, never>(ownChannel(group, name), (message) => {
    onHeard();
    if (message.kind !== 'alive') caller.receive(message);
  });
  let leader: { readonly term: string; readonly channel: Channel<ToLeader> } | undefined;
  const askWho = (): void => all.post({ kind: 'who-leads' });

  const forget = (): void => {
    caller.disconnect();
    leader?.channel.close();
    leader = undefined;
  };
  const meet = (term: string): void => {
    if (leader?.term === term) return;
    forget();
    const channel = openChannel<never, ToLeader>(ownChannel(group, term));
    leader = { term, channel };
    caller.connect(channel.post);
    onLeader();
  };

  askWho();
  return {
    isReady: () => leader !== undefined,
    ask() {
      if (leader) leader.channel.post({ kind: 'ping', from: name });
      else askWho();
    },
    end() {
      forget();
      all.close();
      own.close();
    },
  };
}
