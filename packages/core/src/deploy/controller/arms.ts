import type { DeployedModel } from '../deployed-model.js';
import type { ArmStatistics } from '../statistics/arm-statistics.js';

/** Models by the numbers that statistics know them by. A number is never given anew. */
export class Arms {
  readonly statistics: ArmStatistics;
  readonly #models: DeployedModel[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(statistics: ArmStatistics) {
    this.statistics = statistics;
  }

  /** As they are configured now; those that are no more keep their numbers. */
  update(models: readonly DeployedModel[]): void {
    for (const model of models) {
      const known = this.#numbers.get(model.id);
      if (known !== undefined && hasPathOf(this.#models[known]!, model)) this.#models[known] = model;
      else {
        this.#numbers.set(model.id, this.statistics.addArm());
        this.#models.push(model);
      }
    }
  }

  /** By number. */
  get models(): readonly DeployedModel[] {
    return this.#models;
  }

  /** Undefined where it was never configured in this process. */
  modelOf(id: string): DeployedModel | undefined {
    return this.#models[this.#numbers.get(id) ?? -1];
  }

  numberOf(id: string): number | undefined {
    return this.#numbers.get(id);
  }
}

const hasPathOf = (a: DeployedModel, b: DeployedModel): boolean => JSON.stringify(a.path) === JSON.stringify(b.path);
