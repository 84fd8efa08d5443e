import type { TextFace, TextStep } from '@terrace/browser-host/text';
import type { Placement } from '../climb/climb-of.js';
import type { Opened, Session } from '../runtime/session.js';
import type { Settings } from '../settings/settings.js';
import { Observable } from '../state/observable.js';
import { ladderOf, stopped, type ChatRung } from './ladder-of.js';

/** So many turns are told to the model again: more would be read anew for every word. */
const TURNS_REMEMBERED = 6;
const MOST_TOKENS = 256;

type ChatEnd =
  | {
      readonly kind: 'whole';
      readonly confidence: number | undefined;
      readonly isSure: boolean;
      /** It ends where it had no room left, or where whoever wrote it broke off. */
      readonly isCut: boolean;
    }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** One message and what was written to it. */
export interface ChatTurn {
  readonly id: number;
  readonly said: string;
  /** As far as it is shown. */
  readonly text: string;
  readonly ladder: readonly ChatRung[];
  /** Undefined while it is written. */
  readonly end: ChatEnd | undefined;
}

/** A chat with whoever is near enough and good enough. One answer at a time. */
export class Chat {
  readonly turns = new Observable<readonly ChatTurn[]>([]);
  readonly #session: Pick<Session, 'withRuntime'>;
  readonly #withText: (runtime: Opened['runtime']) => Pick<TextFace, 'stream'>;
  #underWay: AbortController | undefined;
  #lastId = 0;

  constructor(
    session: Pick<Session, 'withRuntime'>,
    withText: (runtime: Opened['runtime']) => Pick<TextFace, 'stream'>,
  ) {
    this.#session = session;
    this.#withText = withText;
  }

  async say(said: string, settings: Settings): Promise<void> {
    this.stop();
    const own = new AbortController();
    this.#underWay = own;
    const before = this.turns.value;
    let turn: ChatTurn = { id: ++this.#lastId, said, text: '', ladder: [], end: undefined };
    const tell = (change: Partial<ChatTurn>): void => {
      turn = { ...turn, ...change };
      const { value } = this.turns;
      // One that was cleared away says nothing any more.
      if (value.some(({ id }) => id === turn.id))
        this.turns.set(value.map((each) => (each.id === turn.id ? turn : each)));
    };
    this.turns.set([...before, turn]);
    try {
      await this.#session.withRuntime(settings, async (opened) => {
        const request = {
          task: 'text-generation',
          messages: messagesOf(before, said),
          generation: { maxTokens: MOST_TOKENS, context: 'trim' },
        } as const;
        const placements = placementsOf(opened, settings);
        const trace: Extract<TextStep, { kind: 'trace' }>['event'][] = [];
        for await (const step of this.#withText(opened.runtime).stream(request, { signal: own.signal })) {
          switch (step.kind) {
            case 'trace':
              trace.push(step.event);
              tell({ ladder: ladderOf(trace, placements) });
              break;
            case 'text':
              tell({ text: turn.text + step.text });
              break;
            case 'result': {
              const { confidence, verdict, output } = step.result;
              const isCut = output.choices[0]?.finishReason === 'length';
              tell({ end: { kind: 'whole', confidence, isSure: verdict.kind === 'accept', isCut } });
              break;
            }
            default:
              step satisfies never;
          }
        }
      });
    } catch (error) {
      const end: ChatEnd = own.signal.aborted ? { kind: 'stopped' } : { kind: 'failed', error };
      tell({ end, ladder: stopped(turn.ladder) });
    }
  }

  /** What was written stays. */
  stop(): void {
    this.#underWay?.abort();
  }

  clear(): void {
    this.stop();
    this.turns.set([]);
  }
}

/** What was said so far; an answer that never came is no turn of it. */
function messagesOf(before: readonly ChatTurn[], said: string) {
  const whole = before.filter(({ text }) => text !== '').slice(-TURNS_REMEMBERED);
  return [
    ...whole.flatMap((turn) => [
      { role: 'user' as const, content: turn.said },
      { role: 'assistant' as const, content: turn.text },
    ]),
    { role: 'user' as const, content: said },
  ];
}

const placementsOf = ({ catalog }: Opened, { servers }: Settings): ReadonlyMap<string, Placement> =>
  new Map([...(catalog.endpoints ?? []), ...servers].map(({ id, placement }) => [id, placement]));
