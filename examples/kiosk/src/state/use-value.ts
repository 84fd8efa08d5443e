import { useEffect, useState } from 'preact/hooks';
import type { Observable } from './observable.js';

/** The value of an observable; the component is drawn again when it changes. */
export function useValue<T>(observable: Observable<T>): T {
  const [, redraw] = useState({});
  useEffect(() => observable.subscribe(() => redraw({})), [observable]);
  return observable.value;
}
