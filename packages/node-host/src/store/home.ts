import { homedir } from 'node:os';
import { join } from 'node:path';

/** `TERRACE_HOME`, or the XDG state folder. */
export function defaultHome(environment: NodeJS.ProcessEnv = process.env): string {
  const { TERRACE_HOME, XDG_STATE_HOME } = environment;
  return TERRACE_HOME || join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'terrace');
}
