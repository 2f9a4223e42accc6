import type { Gpu } from '@attune/gpu';
import { type Calls, countCalls } from './calls.ts';
import { adam, gpt, gptBatch, gptFlops, gptWeights, type NamedWeight } from './gpt/gpt.ts';
import { gptTrainer, type StepContender } from './gpt/gpt-step.ts';
import { type Timing, timeRounds } from './rounds.ts';

/** What a peer is given to train: the model's sizes, its numbers by name, the batch and Adam's constants. */
export interface StepModel {
  readonly gpt: typeof gpt;
  readonly adam: typeof adam;
  readonly weights: ReadonlyMap<string, NamedWeight>;
  readonly batch: { ids: Int32Array; targets: Int32Array };
}

/** A library on the same adapter; one that cannot train has no `trainer`. */
export interface StepPeer {
  readonly name: string;
  trainer?(model: StepModel): Promise<Omit<StepContender, 'name'>>;
}

export interface StepRow extends Timing, Calls {
  readonly bench: string;
  readonly gflops: number;
  /** The losses of all steps, the first ones uncounted in the time. */
  readonly losses: readonly number[];
}

export const stepName = 'step GPT 468224';

/** Steps of each library before any is timed: the peers compile in their first, and some in their second. */
const warmUps = 2;

/**
 * Trains the same GPT here and in each peer, a step of each a round, and counts the calls of one more.
 * @throws Error where a peer's loss is not ours within 1e-4, relative, at any step
 */
export async function runStep(
  gpu: Gpu,
  { peers = [], rounds = 9 }: { peers?: readonly StepPeer[]; rounds?: number } = {},
): Promise<StepRow[]> {
  const model = { gpt, adam, weights: gptWeights(), batch: gptBatch() };
  const trainers: StepContender[] = [await gptTrainer(gpu)];
  for (const { name, trainer } of peers) {
    if (trainer) trainers.push({ ...(await trainer(model)), name });
  }
  const losses = trainers.map(() => [] as number[]);
  const contenders = trainers.map(({ name, step }, i) => ({
    name,
    run: async () => {
      losses[i]!.push(await step());
    },
  }));
  for (const { run } of contenders) for (let i = 1; i < warmUps; i++) await run();
  const timings = await timeRounds(contenders, rounds);
  const rows: StepRow[] = [];
  for (const [i, timing] of timings.entries()) {
    const calls = await countCalls(contenders[i]!.run);
    const gflops = gptFlops() / timing.ms / 1e6;
    rows.push({ bench: stepName, ...timing, gflops, ...calls, losses: losses[i]! });
  }
  for (const { dispose } of trainers) dispose();
  for (const { name, losses } of rows) {
    const apart = losses.findIndex((loss, i) => !(Math.abs(loss / rows[0]!.losses[i]! - 1) < 1e-4));
    if (apart >= 0) {
      throw new Error(
        `At step ${apart + 1} the loss of ${name} is ${losses[apart]}, ours ${rows[0]!.losses[apart]}.`,
      );
    }
  }
  return rows;
}
