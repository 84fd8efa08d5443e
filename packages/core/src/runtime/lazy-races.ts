import type { Races, RacesModule, RacesPorts } from './races.js';

/**
 * What races providers, loaded when there is something to race: on a device with one way to run each model, or with all
 * of them raced, it never is.
 * @param load tried anew by the next request where it fails, which is told once
 */
export function createLazyRaces({ load, ...ports }: RacesPorts & { load: () => Promise<RacesModule> }): Races {
  let opening: Promise<Races> | undefined;
  let opened: Races | undefined;
  let isClosed = false;
  let isFailing = false;

  const open = async (): Promise<Races> => (await load()).createRaces(ports);

  const considerOnceHere = async (...asked: Parameters<Races['consider']>): Promise<void> => {
    try {
      opened = await (opening ??= open());
      if (!isClosed) opened.consider(...asked);
    } catch (error) {
      opening = undefined;
      if (!isFailing && !isClosed) ports.onFailure(error);
      isFailing = true;
    }
  };

  return {
    consider(plan, path) {
      if (plan.contests.length === 0 || isClosed) return;
      if (opened) opened.consider(plan, path);
      else void considerOnceHere(plan, path);
    },
    async close() {
      isClosed = true;
      await opened?.close();
    },
  };
}
