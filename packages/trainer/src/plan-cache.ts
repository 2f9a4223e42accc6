import type { Executor, Plan, PlannedGraph } from '@attune/plan';

/** Compiled plans by shape. They are cheap to make again: the least recently used goes when there are many. */
export class PlanCache {
  readonly #executor: Executor;
  readonly #limit: number;
  readonly #plans = new Map<string, Plan>();

  constructor(executor: Executor, limit = 24) {
    this.#executor = executor;
    this.#limit = limit;
  }

  async get(key: string, make: () => PlannedGraph): Promise<Plan> {
    const plan = this.#plans.get(key) ?? (await this.#executor.compile(make()));
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    if (this.#plans.size > this.#limit) {
      const [oldest, old] = this.#plans.entries().next().value!;
      this.#plans.delete(oldest);
      old.destroy();
    }
    return plan;
  }

  destroy(): void {
    for (const plan of this.#plans.values()) plan.destroy();
    this.#plans.clear();
  }
}
