import { join } from 'node:path';

/** What an operator has set up; none where the file is not there. */
export const deploymentFileOf = (home: string): string => join(home, 'deployment.json');
