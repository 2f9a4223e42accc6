import { type Algorithm, algorithm, createFrom, TrainerSetup } from '@attune/trainer';
import type { GenerationPlace, PolicyBatch } from '../generations.ts';
import { rolloutConfig, trlPolicyKeys } from '../policy.config.ts';
import {
  type AdvantagesWithMetrics,
  type Logps,
  PolicyTrainer,
  type PolicyTrainerOptions,
  policySetup,
} from '../policy-trainer.ts';
import { leaveOneOutAdvantages } from '../rollouts/advantages.ts';
import type { Rewards, Sampled } from '../rollouts/rollouts.ts';
import { checkRloo, type RLOOSettings, rlooConfig } from './rloo.config.ts';
import { rlooLoss } from './rloo.loss.ts';

export type RLOOTrainerOptions = PolicyTrainerOptions<typeof rlooConfig>;

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

/**
 * REINFORCE with a leave-one-out baseline: each completion is one action; its reward, less the KL penalty, is compared
 * with the mean of the other completions of its group.
 *
 * sample → rewards → log-probabilities (old, reference) → advantages;
 * each iteration, micro-batch: forward → loss → backward → clipGradients → step → log.
 * @example
 * const trainer = await RLOOTrainer.create({
 *   model: 'HuggingFaceTB/SmolLM2-135M-Instruct',
 *   trainDataset: [{ prompt: 'Name a colour.' }, { prompt: 'Name an animal.' }],
 *   rewardFuncs: ({ completions }) => completions.map((text) => -String(text).length),
 *   args: { maxCompletionLength: 32, maxSteps: 20 },
 * });
 * for await (const { step, metrics } of trainer.train()) console.log(step, metrics.reward);
 * @see Ahmadian et al. 2024, https://arxiv.org/abs/2402.14740; TRL's RLOOTrainer
 */
export class RLOOTrainer extends PolicyTrainer {
  declare protected readonly args: RLOOSettings;

  /**
   * Opens policy and reference model, prompts and rewards.
   * @throws AttuneError `bad-value`, `group-size`, `missing-key`, `nothing-to-train`, those of the readers
   */
  static async create(options: RLOOTrainerOptions): Promise<RLOOTrainer> {
    const setup = await TrainerSetup.open(rloo, options, { check: checkRloo });
    return createFrom(setup, async () => {
      const parts = await policySetup(setup, options);
      return new RLOOTrainer(setup, { ...parts, loss: rlooLoss(setup.args), needsOld: true });
    });
  }

  /** x → y → r → ln π → A, then each iteration's micro-batches: with each the loop makes its part of a step. */
  protected override async *microBatches(at: GenerationPlace): AsyncGenerator<PolicyBatch> {
    const { generations, rollouts, args } = this;
    for (let { generation, microBatch } = at; ; generation++, microBatch = 0) {
      const batch = await generations.once(generation, async () => {
        const completions = await rollouts.completions(generation); //   y_1 … y_G ~ π_old(· | x)
        const rewards = await rollouts.rewards(completions); //          r_i = R(x, y_i)
        const order = generations.order(completions);
        const logps = await this.logps(completions, order); //           ln π_old, ln π_ref of every token
        const advantages = this.advantages(completions, rewards, logps, args.numGenerations); // A_i
        return this.batchOf(completions, order, rewards, logps, advantages);
      });
      for (; microBatch < generations.perGeneration; microBatch++) {
        yield generations.microBatch(batch, microBatch);
      }
    }
  }

  /** A_i = (r_i - β KL_i) - the mean of the group's others; KL_i is the completion's sum of log-ratios. */
  protected override advantages(
    sampled: Sampled,
    { table }: Rewards,
    { old, ref }: Logps,
    numGenerations: number,
  ): AdvantagesWithMetrics {
    const { beta, normalizeAdvantages, rewardClipRange } = this.args;
    const trained = this.trains(sampled);
    const kl = sampled.completions.map((_, i) =>
      trained[i] && ref ? sum(old![i]!.map((logp, t) => logp - ref[i]![t]!)) : 0,
    );
    const lengths = sampled.completions.map(({ completion }, i) =>
      trained[i] ? completion.length : 0,
    );
    return {
      ...leaveOneOutAdvantages(table, {
        numGenerations,
        rewardWeights: this.rewardWeights,
        rewardClipRange: rewardClipRange as readonly [number, number] | null,
        normalizeAdvantages,
        penalties: kl.map((each) => beta * each),
      }),
      ...(beta > 0 && { metrics: { kl: sum(kl) / Math.max(1, sum(lengths)) } }),
    };
  }
}

export const rloo: Algorithm<typeof rlooConfig, RLOOTrainerOptions> = algorithm({
  name: 'rloo',
  order: 62,
  summary: 'Trains a model on rewards, each completion against the others of its group (RLOO).',
  description:
    "REINFORCE with a leave-one-out baseline by TRL's rules, on rows of {prompt}. Completions are sampled on the GPU and rewarded by functions or a reward model; --rollouts replays recorded ones instead.",
  example: `attune rloo --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name p.jsonl \\
  --reward_funcs rewards.polite --num_generations 4 --max_completion_length 64 \\
  --use_peft --lora_target_modules all-linear --learning_rate 1e-5 --output_dir rewarded`,
  papers: [{ title: 'Ahmadian et al. 2024', url: 'https://arxiv.org/abs/2402.14740' }],
  config: rlooConfig,
  optionKeys: rolloutConfig,
  otherKeys: trlPolicyKeys,
  trlCommand: 'rloo',
  needsData: ({ rollouts }) => rollouts === undefined,
  create: (options) => RLOOTrainer.create(options),
});
