import { type Algorithm, algorithm, createFrom, TrainerSetup } from '@attune/trainer';
import type { GenerationPlace, PolicyBatch } from '../generations.ts';
import { rolloutConfig, stepsPerGeneration, trlPolicyKeys } from '../policy.config.ts';
import {
  type AdvantagesWithMetrics,
  type Logps,
  PolicyTrainer,
  type PolicyTrainerOptions,
  policySetup,
} from '../policy-trainer.ts';
import { groupRelativeAdvantages } from '../rollouts/advantages.ts';
import type { Rewards, Sampled } from '../rollouts/rollouts.ts';
import { EntropyControl } from './entropy-control.ts';
import { checkGrpo, type GRPOSettings, grpoConfig } from './grpo.config.ts';
import { grpoLoss } from './grpo.loss.ts';

export type GRPOTrainerOptions = PolicyTrainerOptions<typeof grpoConfig>;

/**
 * Group-relative policy optimisation: several completions of each prompt are rewarded, and each is made more likely by
 * how much better than its group it is. No value model is needed.
 *
 * sample → rewards → log-probabilities (old, reference) → advantages;
 * each iteration, micro-batch: forward → loss → backward → clipGradients → step → log.
 * @example
 * const trainer = await GRPOTrainer.create({
 *   model: 'HuggingFaceTB/SmolLM2-135M-Instruct',
 *   trainDataset: [{ prompt: 'Name a colour.' }, { prompt: 'Name an animal.' }],
 *   rewardFuncs: ({ completions }) => completions.map((text) => -String(text).length),
 *   args: { numGenerations: 4, maxCompletionLength: 32, maxSteps: 20 },
 * });
 * for await (const { step, metrics } of trainer.train()) console.log(step, metrics.reward);
 * @see Shao et al. 2024, https://arxiv.org/abs/2402.03300; DAPO: Yu et al. 2025, https://arxiv.org/abs/2503.14476;
 * GSPO: Zheng et al. 2025, https://arxiv.org/abs/2507.18071; TRL's GRPOTrainer
 */
export class GRPOTrainer extends PolicyTrainer {
  declare protected readonly args: GRPOSettings;

  /**
   * Opens policy and reference model, prompts and rewards.
   * @throws AttuneError `bad-value`, `group-size`, `missing-key`, `nothing-to-train`, those of the readers
   */
  static async create(options: GRPOTrainerOptions): Promise<GRPOTrainer> {
    const setup = await TrainerSetup.open(grpo, options, { check: checkGrpo });
    return createFrom(setup, async () => {
      const { args } = setup;
      const control = new EntropyControl(args);
      // Where every generation batch is trained on in a single step, that step's policy is the one that sampled.
      const perGeneration = stepsPerGeneration(args) * args.numIterations;
      const needsOld = args.gradientAccumulationSteps % perGeneration !== 0;
      const parts = await policySetup(setup, options);
      return new GRPOTrainer(setup, {
        ...parts,
        loss: grpoLoss(args, control),
        needsOld,
        state: control,
      });
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

  /** A_i = (r_i - mean of the group) / standard deviation of the group. */
  protected override advantages(
    _completions: Sampled,
    { table }: Rewards,
    _logps: Logps,
    numGenerations: number,
  ): AdvantagesWithMetrics {
    const { scaleRewards, multiObjectiveAggregation } = this.args;
    return groupRelativeAdvantages(table, {
      numGenerations,
      rewardWeights: this.rewardWeights,
      // TRL's older recipes say true and false.
      scaleRewards:
        scaleRewards === 'true' ? 'group' : scaleRewards === 'false' ? 'none' : scaleRewards,
      multiObjectiveAggregation,
    });
  }
}

export const grpo: Algorithm<typeof grpoConfig, GRPOTrainerOptions> = algorithm({
  name: 'grpo',
  order: 60,
  summary: 'Trains a model on rewards, each completion against its group (GRPO and its variants).',
  description:
    "Group-relative policy optimisation by TRL's rules, on rows of {prompt}. Completions are sampled on the GPU and rewarded by functions or a reward model; --rollouts replays recorded ones instead.",
  example: `attune grpo --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name p.jsonl \\
  --reward_funcs rewards.polite --num_generations 8 --max_completion_length 64 \\
  --use_peft --lora_target_modules all-linear --learning_rate 1e-5 --output_dir rewarded
attune grpo --config recipe.yaml --rollouts rollouts.jsonl`,
  papers: [
    { title: 'Shao et al. 2024', url: 'https://arxiv.org/abs/2402.03300' },
    { title: 'Yu et al. 2025 (DAPO)', url: 'https://arxiv.org/abs/2503.14476' },
    { title: 'Zheng et al. 2025 (GSPO)', url: 'https://arxiv.org/abs/2507.18071' },
  ],
  config: grpoConfig,
  optionKeys: rolloutConfig,
  otherKeys: trlPolicyKeys,
  trlCommand: 'grpo',
  needsData: ({ rollouts }) => rollouts === undefined,
  create: (options) => GRPOTrainer.create(options),
});
