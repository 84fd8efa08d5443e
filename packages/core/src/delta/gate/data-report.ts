/** A labelled text, and where it stands in its file. */
export interface LabelledText {
  readonly text: string;
  readonly label: string;
  readonly line: number;
}

/** Something about the data that a fit suffers from. Lines are those of the training file unless said otherwise. */
export type DataFinding =
  | { readonly kind: 'duplicate'; readonly lines: readonly number[]; readonly label: string }
  | { readonly kind: 'near-duplicate'; readonly lines: readonly number[]; readonly label: string }
  /** Equal or nearly equal texts with several labels. */
  | {
      readonly kind: 'contradiction';
      readonly lines: readonly number[];
      readonly labels: readonly string[];
    }
  /** The largest label has `ratio` times as many rows as the smallest one. */
  | { readonly kind: 'imbalance'; readonly ratio: number; readonly largest: string; readonly smallest: string }
  | { readonly kind: 'few-examples'; readonly label: string; readonly rows: number }
  /** Predictions without the row say another label, surely. @see Northcutt et al., Confident Learning (2021) */
  | {
      readonly kind: 'label-error';
      readonly line: number;
      readonly label: string;
      readonly suggested: string;
      /** P(suggested) - P(label), out of fold, in [-1, 1]. */
      readonly margin: number;
    }
  /** A row of the evaluation file that is, or nearly is, one of the training file. */
  | { readonly kind: 'leakage'; readonly line: number; readonly evaluationLine: number; readonly exact: boolean };

/** What the data gate found. */
export interface DataReport {
  readonly rows: number;
  readonly labels: number;
  readonly findings: readonly DataFinding[];
  /** Lines that a fit leaves out: repeated rows, and evaluation rows that leaked. */
  readonly leftOut: { readonly lines: readonly number[]; readonly evaluationLines: readonly number[] };
}
