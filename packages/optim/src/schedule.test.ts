import { AttuneError } from '@attune/gpu';
import { describe, expect, test } from 'vitest';
import recorded from './fixtures/schedules.json' with { type: 'json' };
import { type LrSchedulerKwargs, learningRateAt, type SchedulerType } from './schedule.ts';

interface Recorded {
  name?: string;
  type: string;
  warmup: number;
  total: number;
  lr: number;
  kwargs: Record<string, unknown>;
  rates: number[];
}

const camel = (key: string) => key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

function rates({ type, warmup, total, lr, kwargs, rates }: Recorded): number[] {
  const lrSchedulerKwargs = Object.fromEntries(
    Object.entries(kwargs).map(([key, value]) => [camel(key), value]),
  ) as LrSchedulerKwargs;
  return rates.map((_, step) =>
    learningRateAt(step, {
      learningRate: lr,
      lrSchedulerType: type as SchedulerType,
      warmupSteps: warmup,
      totalSteps: total,
      lrSchedulerKwargs,
    }),
  );
}

function expectEqual(found: number[], wanted: number[]) {
  found.forEach((rate, step) => {
    const bound = 1e-12 * Math.max(Math.abs(wanted[step]!), 1e-9);
    expect(Math.abs(rate - wanted[step]!), `step ${step}: ${rate}, ${wanted[step]}`).toBeLessThan(
      bound + Number.MIN_VALUE,
    );
  });
}

describe('learningRateAt', () => {
  test.each(recorded.schedules as Recorded[])(
    'equals transformers: $type, $warmup of $total steps, $kwargs',
    (entry) => {
      expectEqual(rates(entry), entry.rates);
    },
  );

  test.each(recorded.logged as Recorded[])('equals what TRL logged in $name', (entry) => {
    expect(entry.rates.length).toBe(entry.total);
    expectEqual(rates(entry), entry.rates);
  });

  test('stays finite past the end and where the warm-up is the whole run', () => {
    for (const lrSchedulerType of [
      'linear',
      'cosine',
      'polynomial',
      'cosine_with_restarts',
    ] as const) {
      for (const step of [0, 1, 4, 5, 6, 99]) {
        const rate = learningRateAt(step, {
          learningRate: 1e-3,
          lrSchedulerType,
          warmupSteps: 5,
          totalSteps: 5,
        });
        expect(rate).toBeGreaterThanOrEqual(0);
        expect(rate).toBeLessThanOrEqual(1e-3);
      }
    }
  });

  test('names the nearest of an unknown schedule, and refuses those that follow a metric', () => {
    const at = (lrSchedulerType: string) => () =>
      learningRateAt(0, {
        learningRate: 1e-3,
        lrSchedulerType: lrSchedulerType as SchedulerType,
        totalSteps: 4,
      });
    expect(remedy(at('cosin'))).toContain('Did you mean cosine?');
    expect(remedy(at('toString'))).toContain('linear');
    expect(message(at('reduce_lr_on_plateau'))).toContain('follows a metric');
  });

  test('refuses rates, warm-ups and parameters that make no schedule', () => {
    const given = { learningRate: 1e-3, totalSteps: 4 };
    const codes = [
      { ...given, learningRate: Number.NaN },
      { ...given, learningRate: -1 },
      { ...given, warmupSteps: -2 },
      { ...given, lrSchedulerType: 'polynomial' as const, lrSchedulerKwargs: { lrEnd: 1 } },
      { ...given, lrSchedulerType: 'cosine_with_min_lr' as const },
      {
        ...given,
        lrSchedulerType: 'cosine_with_min_lr' as const,
        lrSchedulerKwargs: { minLr: 1e-5, minLrRate: 0.1 },
      },
      { ...given, lrSchedulerType: 'warmup_stable_decay' as const },
    ].map((options) => caught(() => learningRateAt(1, options))?.code);
    expect(codes).toEqual(Array(7).fill('bad-value'));
  });
});

function caught(run: () => unknown): AttuneError | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof AttuneError) return error;
    throw error;
  }
  return undefined;
}
const remedy = (run: () => unknown) => caught(run)?.remedy;
const message = (run: () => unknown) => caught(run)?.message;
