/** Lessons of a domain and label that a store keeps beside rows of files: enough to fit on, and room for every label. */
export const LESSONS_A_LABEL = 200;
