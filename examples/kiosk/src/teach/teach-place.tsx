import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useTexts } from '../kiosk/kiosk.js';
import { Failure } from '../ui/failure.js';

type Loaded =
  | { readonly kind: 'loading' }
  | { readonly kind: 'here'; readonly Panel: ComponentType }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Where one teaches: what that takes comes when somebody looks at it first. */
export function TeachPlace() {
  const { texts } = useTexts();
  const [loaded, setLoaded] = useState<Loaded>({ kind: 'loading' });
  useEffect(() => {
    import('./teach-panel.js').then(
      ({ TeachPanel }) => setLoaded({ kind: 'here', Panel: TeachPanel }),
      (error: unknown) => setLoaded({ kind: 'failed', error }),
    );
  }, []);
  switch (loaded.kind) {
    case 'loading':
      return <p>{texts.opening}</p>;
    case 'here':
      return <loaded.Panel />;
    case 'failed':
      return <Failure error={loaded.error} />;
    default:
      return loaded satisfies never;
  }
}
