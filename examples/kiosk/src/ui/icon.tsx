const PATHS = {
  'thumb-up': 'M7 11v9H4v-9zm2 0 4-8c1.7 0 2.6 1.2 2.3 2.8L14.6 10H20c1 0 1.7 1 1.4 2l-2 7c-.2.6-.8 1-1.4 1H9z',
  'thumb-down': 'M17 13V4h3v9zm-2 0-4 8c-1.7 0-2.6-1.2-2.3-2.8L9.4 14H4c-1 0-1.7-1-1.4-2l2-7c.2-.6.8-1 1.4-1h9z',
  steps: 'M3 20v-5h6v-5h6V5h6v15z',
  gear: 'M4 7h9m4 0h3M4 17h3m4 0h9M15 4.5v5M9 14.5v5',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  question: 'M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4m0 3.5v.5',
  skip: 'M5 12h12m-5-5 5 5-5 5',
  cross: 'm7 7 10 10M17 7 7 17',
  dot: 'M8 12h8',
  clock: 'M12 7v5l3 2',
  stop: 'M9 9h6v6H9z',
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing beside words that say the same. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
