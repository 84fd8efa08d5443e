import { ArtifactCorruptError, ArtifactMissingError } from '@terrace/core';

/** Whether a located file turned out to be damaged or gone. */
export const isUnreadable = (error: unknown): boolean =>
  ArtifactCorruptError.isInstance(error) || ArtifactMissingError.isInstance(error);
