import type {
  HitCalibration,
  SemanticCache,
  SemanticLook,
  SemanticStanding,
} from '../../cache/semantic/semantic-cache.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { inTime } from './in-time.js';
import type { Ask } from './ask.js';
import type { CachePorts } from './response-cache.js';

/** Longest that a request waits for the semantic cache to open; it goes on opening for the next. */
const OPEN_MS = 50;

/** Longest that a question is waited for which its request did not wait for. */
const LATE_MS = 5_000;

type Ports = Pick<CachePorts, 'openSemantic' | 'settings' | 'clock'> & {
  readonly tell: (kind: string, error: unknown) => void;
};

/** The semantic cache, once somebody asks something that it could answer. */
export class SemanticDesk {
  readonly #ports: Ports;
  #opening: Promise<SemanticCache> | undefined;
  #opened: SemanticCache | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Undefined where nobody asks what is alike. @throws the signal's reason */
  async look({ canonical, wish, options: { signal } }: Ask): Promise<SemanticLook | undefined> {
    const { key, scope, task, domain, text } = canonical;
    if (text === undefined || !(wish.semantic ?? this.#ports.settings.semantic !== undefined)) return undefined;
    const cache = this.#opened ?? (await this.#open(OPEN_MS));
    try {
      const look = await cache?.look({ key, scope, task, domain, text }, signal);
      return look && wish.refresh ? withoutAnswer(look) : look;
    } catch (error) {
      signal?.throwIfAborted();
      this.#ports.tell('semantic', error);
      return undefined;
    }
  }

  /**
   * With a question that was embedded too late for its request: where embedding is slow, or the first one loads the
   * encoder, others are to find the answer all the same. Undefined where it was not late, or never comes.
   */
  async withLate(look: SemanticLook | undefined): Promise<SemanticLook | undefined> {
    if (look?.kind !== 'none' || !look.late) return undefined;
    const { clock, tell } = this.#ports;
    const question = await inTime(look.late, LATE_MS, clock, (error) => tell('semantic', error));
    return question && { ...look, question, late: undefined };
  }

  answered(
    { canonical }: Ask,
    look: SemanticLook,
    answer: { readonly answerId: string; readonly kept: boolean },
  ): void {
    const { key, scope, task, domain, text = '' } = canonical;
    this.#opened?.answered({ key, scope, task, domain, text }, look, answer);
  }

  forget(keys: readonly string[]): void {
    this.#opened?.forget(keys);
  }

  /** @throws InvalidRequestError where it is not to answer what is alike; what calibrating throws */
  async calibrate(calibration: HitCalibration): Promise<SemanticStanding> {
    const cache = this.#opened ?? (await this.#opens());
    if (cache) return cache.calibrate(calibration);
    throw new InvalidRequestError({
      message: 'This cache answers the same request only.',
      hint: 'Open it with `semantic: { maxWrongHitRate: 0.02 }`.',
    });
  }

  async standings(): Promise<readonly SemanticStanding[]> {
    return (this.#opened ?? (await this.#open(Infinity)))?.standings() ?? [];
  }

  flush = async (): Promise<void> => this.#opened?.flush();

  async close(): Promise<void> {
    const opening = this.#opening?.catch(() => undefined);
    await (this.#opened ?? (await opening))?.close();
  }

  /** Undefined where it is not to be opened. @throws what opening throws */
  #opens(): Promise<SemanticCache> | undefined {
    return (this.#opening ??= this.#ports.openSemantic?.().then(
      (cache) => (this.#opened = cache),
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    ));
  }

  async #open(withinMs: number): Promise<SemanticCache | undefined> {
    const { clock, tell } = this.#ports;
    const opening = this.#opens();
    if (!opening) return undefined;
    if (withinMs === Infinity) return opening.catch((error: unknown) => void tell('semantic', error));
    return inTime(opening, withinMs, clock, (error) => tell('semantic', error));
  }
}

/** Of a request that is to be computed whatever is there: it may be found by others all the same. */
const withoutAnswer = (look: SemanticLook): SemanticLook =>
  look.kind === 'none' && look.late
    ? look
    : { kind: 'none', reason: 'empty', candidate: undefined, question: look.question };
