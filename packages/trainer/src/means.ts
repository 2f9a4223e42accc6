/** Means of numbers by name. A name that some of what is added lacks is the mean of the others. */
export class Means {
  readonly #sums = new Map<string, { sum: number; count: number }>();

  add(values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      const { sum, count } = this.#sums.get(name) ?? { sum: 0, count: 0 };
      this.#sums.set(name, { sum: sum + value, count: count + 1 });
    }
  }

  /** The means so far, in the order in which names came first. */
  take(): Record<string, number> {
    const means = Object.fromEntries(
      [...this.#sums].map(([name, { sum, count }]) => [name, sum / count]),
    );
    this.#sums.clear();
    return means;
  }
}

export const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;
