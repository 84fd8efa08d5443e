import { Observable } from '../state/observable.js';
import { parseSettings, type Settings } from './settings.js';

const KEY = 'terrace-kiosk-settings';

/** Settings that are kept in this browser, where it keeps anything. */
export class KeptSettings extends Observable<Settings> {
  constructor() {
    super(parseSettings(read(), navigator.languages));
  }

  change(changed: Partial<Settings>): void {
    this.set({ ...this.value, ...changed });
    try {
      localStorage.setItem(KEY, JSON.stringify(this.value));
    } catch {
      // Storage is blocked or full: they last as long as the page.
    }
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
