import type { Placement } from '../catalog/fields.js';

/** Who said what the label of a text is. */
export type LessonSource =
  /** A person, by feedback. */
  | 'correction'
  /** A larger tier, whose answer was accepted after a climb. */
  | 'teacher'
  /** Several tiers that agreed. */
  | 'agreement'
  /** A row of a file that a delta was fitted on. */
  | 'data';

/** A labelled text to learn from. It holds the text, so it stays on this device, and is forgotten on demand. */
export interface Lesson {
  readonly domain: string;
  readonly text: string;
  readonly label: string;
  readonly source: LessonSource;
  /** The tier that taught it; undefined of people and files. */
  readonly teacher: string | undefined;
  /** Undefined of files. */
  readonly requestId: string | undefined;
  /** How much it counts, in (0, 1]. */
  readonly weight: number;
  /** How far the text was allowed to go. */
  readonly residency: Placement;
  readonly atWallMs: number;
}

/** An answered request, kept for a while in case somebody says something of it. */
export interface AskedText {
  readonly requestId: string;
  readonly domain: string;
  readonly text: string;
  /** As it was answered. */
  readonly label: string;
  readonly residency: Placement;
  readonly atWallMs: number;
}

/** Answered requests of one label under one ladder revision. */
export interface LabelTally {
  readonly domain: string;
  readonly label: string;
  readonly ladderRevision: string;
  readonly asked: number;
  /** Those that more than one tier was asked for. */
  readonly climbed: number;
}

/** What is learnt from. */
export interface LessonStore {
  /**
   * A text that is there already is replaced, unless a person said its label and now a tier does. Of a label only so
   * many are kept beside rows of files: the oldest go, a person's last.
   * @throws StorageError
   */
  add(lessons: readonly Lesson[]): Promise<void>;
  /** Newest first. */
  list(query: { readonly domain: string; readonly limit?: number }): Promise<readonly Lesson[]>;
  /** Lessons of each domain and label since a time, without their texts. */
  count(query?: { readonly sinceWallMs?: number }): Promise<
    readonly {
      readonly domain: string;
      readonly label: string;
      readonly source: LessonSource;
      readonly lessons: number;
    }[]
  >;
  /** The oldest go beyond the store's own limit. @throws StorageError */
  remember(asked: readonly AskedText[]): Promise<void>;
  asked(requestId: string): Promise<AskedText | undefined>;
  /**
   * Everything of a domain, what is older than a time, or what one request taught. What is removed is overwritten.
   * @returns how many texts went. @throws StorageError
   */
  forget(what: {
    readonly domain?: string;
    readonly beforeWallMs?: number;
    readonly requestId?: string;
  }): Promise<number>;
  /** Adds to what was counted. @throws StorageError */
  tally(counts: readonly LabelTally[]): Promise<void>;
  tallies(domain: string): Promise<readonly LabelTally[]>;
  /** What learning notes of itself by name, as JSON without any text of a request. */
  note(name: string): Promise<string | undefined>;
  /** @throws StorageError */
  keepNote(name: string, json: string): Promise<void>;
  close(): Promise<void>;
}
