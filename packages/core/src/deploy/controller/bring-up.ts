import type { DeployedModel } from '../deployed-model.js';
import type { LifeEvent } from '../lifecycle/model-life.js';
import type { ModelHost } from './controller-ports.js';
import type { PlannedWindow } from './plan-next.js';

/** Brings the models of a window into service, while those of the window before go on answering. */
export class BringUp {
  readonly planned: PlannedWindow;
  /** Ids of models that did not start. */
  readonly failed: string[] = [];
  readonly #over = new AbortController();
  isDone = false;

  constructor({
    planned,
    missing,
    models,
    onEvent,
    onFailure,
    onDone,
  }: {
    readonly planned: PlannedWindow;
    readonly missing: readonly DeployedModel[];
    readonly models: ModelHost;
    readonly onEvent: (model: string, event: LifeEvent) => void;
    readonly onFailure: (error: unknown) => void;
    readonly onDone: () => void;
  }) {
    this.planned = planned;
    const { signal } = this.#over;
    const start = async (model: DeployedModel): Promise<void> => {
      const tell = (event: LifeEvent): void => {
        if (!signal.aborted) onEvent(model.id, event);
      };
      tell({ kind: 'plan' });
      try {
        await models.prepare(model, { signal, onDownloaded: () => tell({ kind: 'downloaded' }) });
        tell({ kind: 'downloaded' });
        tell({ kind: 'started' });
      } catch (error) {
        if (signal.aborted) return;
        this.failed.push(model.id);
        tell({ kind: 'failed', reason: 'start-failed' });
        onFailure(error);
      }
    };
    void Promise.all(missing.map(start)).then(() => {
      this.isDone = true;
      if (!signal.aborted) onDone();
    });
  }

  cancel(): void {
    this.#over.abort(new Error('the window was planned anew'));
  }
}
