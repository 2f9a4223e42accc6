import { describe, expect, test } from 'vitest';
import { type Candidates, fastestWithin, type TrialClock } from './matmul.trials.ts';

/** A clock that goes on only when work is done. */
function handClock() {
  let time = 0;
  const due = new Set<{ at: number; call: () => void }>();
  const clock: TrialClock & { pass(milliseconds: number): Promise<void> } = {
    now: () => time,
    after(milliseconds, call) {
      const entry = { at: time + milliseconds, call };
      due.add(entry);
      return () => due.delete(entry);
    },
    // Work that ends past a call's time ends after the call.
    async pass(milliseconds) {
      await new Promise((done) => setTimeout(done, 0)); // whoever asked for the work goes on first
      const end = time + milliseconds;
      for (const entry of [...due].filter(({ at }) => at <= end)) {
        time = Math.max(time, entry.at);
        due.delete(entry);
        entry.call();
        await new Promise((done) => setTimeout(done, 0));
      }
      time = end;
    },
  };
  return clock;
}

interface Machine {
  compile: number;
  runs: Record<string, number>;
}

/** Variants that take the given milliseconds, and a count of what was asked of them. */
function bench({ compile, runs }: Machine) {
  const clock = handClock();
  const counts = { compiled: 0, measured: 0, alive: 0 };
  const start = async (_: Candidates, name: string) => {
    counts.compiled++;
    await clock.pass(compile);
    counts.alive++;
    return {
      async time() {
        counts.measured++;
        await clock.pass(runs[name]!);
        return runs[name]!;
      },
      destroy: () => {
        counts.alive--;
      },
    };
  };
  return { clock, counts, start };
}

const classes = ['large', 'row', 'thin'].map((each) => ({ class: each, names: ['rule', 'other'] }));
const settled = () => new Promise((done) => setTimeout(done, 20));

describe('the trials of variants', () => {
  test('find a variant that is clearly faster, in five rounds after one that does not count', async () => {
    const { clock, counts, start } = bench({ compile: 10, runs: { rule: 3, other: 2 } });
    expect(await fastestWithin(classes, start, 2000, clock)).toEqual({
      large: 'other',
      row: 'other',
      thin: 'other',
    });
    expect(counts).toEqual({ compiled: 6, measured: 36, alive: 0 });
  });

  test('keep to the rules where the difference is small', async () => {
    const { clock, start } = bench({ compile: 10, runs: { rule: 3, other: 2.7 } });
    expect(await fastestWithin(classes, start, 2000, clock)).toEqual({});
  });

  test('end within the budget on a slow machine, and begin nothing that may not fit', async () => {
    const { clock, counts, start } = bench({ compile: 300, runs: { rule: 60, other: 20 } });
    expect(await fastestWithin(classes, start, 2000, clock)).toEqual({ large: 'other' });
    expect(clock.now()).toBeLessThanOrEqual(2000);
    await settled();
    expect(counts).toEqual({ compiled: 2, measured: 12, alive: 0 });
  });

  test('do not wait for a compilation that lasts longer than the budget', async () => {
    const { clock, counts, start } = bench({ compile: 9000, runs: { rule: 1, other: 1 } });
    let answeredAt = Number.NaN;
    const done = fastestWithin(classes, start, 2000, clock).then((choices) => {
      answeredAt = clock.now();
      return choices;
    });
    expect(await done).toEqual({});
    expect(answeredAt).toBe(2000);
    await settled();
    expect(counts).toEqual({ compiled: 1, measured: 0, alive: 0 });
  });

  test('do not wait for a run that lasts longer than the budget, and destroy it when it has ended', async () => {
    const { clock, counts, start } = bench({ compile: 1, runs: { rule: 1, other: 9000 } });
    let answeredAt = Number.NaN;
    const done = fastestWithin(classes, start, 2000, clock).then((choices) => {
      answeredAt = clock.now();
      return choices;
    });
    expect(await done).toEqual({});
    expect(answeredAt).toBe(2000);
    await settled();
    expect(counts).toEqual({ compiled: 2, measured: 2, alive: 0 });
  });

  test('measure nothing without a budget', async () => {
    const { clock, counts, start } = bench({ compile: 1, runs: { rule: 1, other: 1 } });
    expect(await fastestWithin(classes, start, 0, clock)).toEqual({});
    expect(counts.compiled).toBe(0);
  });
});
