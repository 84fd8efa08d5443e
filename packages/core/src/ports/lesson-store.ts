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

/** What is learnt from. */
export interface LessonStore {
  /** A text that is there already is replaced, unless a person said its label and now a tier does. @throws StorageError */
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
  /** Everything of a domain, or what is older than a time. @returns how many texts went. @throws StorageError */
  forget(what: { readonly domain?: string; readonly beforeWallMs?: number }): Promise<number>;
  close(): Promise<void>;
}
