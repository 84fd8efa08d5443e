import { join } from 'node:path';
import { createSelfTest, examineTier, inspectSession, raceTier, type SelfTest } from '@terrace/core';
import { selfTestEnvironment } from './probe/self-test-environment.js';
import type { ModelFolders } from './store/catalog/model-folders.js';
import { openSelfTestFile } from './store/self-test-file.js';
import { systemClock } from './system-clock.js';

/** The self-test with its records in the state folder. */
export function nodeSelfTest({
  home,
  models,
  onFailure,
}: {
  home: string;
  models: ModelFolders;
  /** Told of golden data that could not be read, and of records that could not be kept. */
  onFailure: (error: unknown) => void;
}): SelfTest {
  return createSelfTest({
    loadExaminer: async () => ({ examineTier, raceTier, inspectSession }),
    records: openSelfTestFile(join(home, 'self-tests.json')),
    golden: models,
    store: models,
    clock: systemClock,
    reference: 'cpu',
    environment: selfTestEnvironment(),
    onFailure,
  });
}
