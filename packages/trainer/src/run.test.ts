import { expect, test } from 'vitest';
import type { StepReport } from './loop.ts';
import { type LogRow, type RunResult, scheduled } from './run.ts';

async function* reports(total: number): AsyncGenerator<StepReport> {
  for (let step = 1; step <= total; step++) {
    const next = step % 4 === 0 ? { epoch: step / 4, index: 0 } : { epoch: 0, index: step % 4 };
    yield {
      step,
      totalSteps: total,
      epoch: step / 4,
      loss: step,
      gradNorm: 10 * step,
      learningRate: 1 / step,
      metrics: { entropy: 2 * step },
      tokens: 5,
      seconds: 0.1,
      submits: 1,
      resume: { step, next, microBatches: step },
    };
  }
}

const schedule = {
  loggingStrategy: 'steps',
  evalSteps: null,
  loggingSteps: 3,
  loggingFirstStep: true,
  evalStrategy: 'epoch',
  saveStrategy: 'steps',
  saveSteps: 4,
} as const;

/** Runs to the end, and gives what `scheduled` returns. */
async function runTraining(...args: Parameters<typeof scheduled>): Promise<RunResult> {
  const run = scheduled(...args);
  for (;;) {
    const { done, value } = await run.next();
    if (done) return value;
  }
}

test('losses and metrics are means since the last log, norms and rates those of the step', async () => {
  const rows: LogRow[] = [];
  const saves: number[] = [];
  const result = await runTraining(
    reports(6),
    schedule,
    {
      log: (row) => void rows.push(row),
      evaluate: async () => ({ eval_loss: 1 }),
      save: async ({ step }) => void saves.push(step),
    },
    { tokens: 100 },
  );
  expect(rows).toEqual([
    { loss: 1, grad_norm: 10, learning_rate: 1, entropy: 2, num_tokens: 105, epoch: 0.25, step: 1 },
    {
      loss: 2.5,
      grad_norm: 30,
      learning_rate: 1 / 3,
      entropy: 5,
      num_tokens: 115,
      epoch: 0.75,
      step: 3,
    },
    { eval_loss: 1, epoch: 1, step: 4 },
    {
      loss: 5,
      grad_norm: 60,
      learning_rate: 1 / 6,
      entropy: 10,
      num_tokens: 130,
      epoch: 1.5,
      step: 6,
    },
  ]);
  expect(saves).toEqual([4, 6]);
  expect(result).toMatchObject({ steps: 6, stopped: false, trainLoss: 3.5, tokens: 130 });
});

test('a run that is asked to stop saves after the step it is in', async () => {
  const saves: number[] = [];
  let seen = 0;
  const result = await runTraining(reports(100), schedule, {
    step: () => void seen++,
    log: () => {},
    save: async ({ step }) => void saves.push(step),
    stopping: () => seen >= 2,
  });
  expect(saves).toEqual([2]);
  expect(result).toMatchObject({ steps: 2, stopped: true });
});
