import { Flight, type FlightPlan, type Telling } from './flight.js';

/** Runs that are under way, by what they have in common. A failure is told to all who wait and then forgotten. */
export class Flights<Step, Result> {
  readonly #telling: Telling<Step, Result>;
  readonly #underWay = new Map<string, Flight<Step, Result>>();

  constructor(telling: Telling<Step, Result>) {
    this.#telling = telling;
  }

  find(name: string): Flight<Step, Result> | undefined {
    return this.#underWay.get(name);
  }

  /** @param name undefined: nobody else may join */
  start(name: string | undefined, plan: Omit<FlightPlan<Step, Result>, 'onClosed'>): Flight<Step, Result> {
    if (name === undefined) return new Flight({ ...plan, onClosed: () => undefined }, this.#telling);
    const onClosed = (): void => {
      if (this.#underWay.get(name) === flight) this.#underWay.delete(name);
    };
    const flight: Flight<Step, Result> = new Flight({ ...plan, onClosed }, this.#telling);
    this.#underWay.set(name, flight);
    return flight;
  }
}
