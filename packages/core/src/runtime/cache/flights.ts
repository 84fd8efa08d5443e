import { Flight, type FlightPlan } from './flight.js';

/** Runs that are under way, by what they have in common. A failure is told to all who wait and then forgotten. */
export class Flights {
  readonly #underWay = new Map<string, Flight>();

  find(name: string): Flight | undefined {
    return this.#underWay.get(name);
  }

  /** @param name undefined: nobody else may join */
  start(name: string | undefined, plan: Omit<FlightPlan, 'onClosed'>): Flight {
    if (name === undefined) return new Flight({ ...plan, onClosed: () => undefined });
    const flight: Flight = new Flight({
      ...plan,
      onClosed: () => {
        if (this.#underWay.get(name) === flight) this.#underWay.delete(name);
      },
    });
    this.#underWay.set(name, flight);
    return flight;
  }
}
