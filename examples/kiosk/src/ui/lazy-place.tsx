import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useTexts } from '../kiosk/kiosk.js';
import { Failure } from './failure.js';

type Loaded =
  | { readonly kind: 'loading' }
  | { readonly kind: 'here'; readonly Panel: ComponentType }
  | { readonly kind: 'failed'; readonly error: unknown };

/** The place of something that comes when somebody looks at it first. */
export function LazyPlace({ load }: { readonly load: () => Promise<ComponentType> }) {
  const { texts } = useTexts();
  const [loaded, setLoaded] = useState<Loaded>({ kind: 'loading' });
  useEffect(() => {
    load().then(
      (Panel) => setLoaded({ kind: 'here', Panel }),
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
