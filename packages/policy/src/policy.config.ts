import {
  flag,
  group,
  integer,
  joinOtherKeys,
  list,
  number,
  numbers,
  type OtherKeys,
  type SettingsOf,
  text,
  withDefaults,
} from '@attune/config';
import { AttuneError } from '@attune/gpu';
import { checkReference, followingConfig, trainingConfig, trlKeys } from '@attune/trainer';

// Prompts have an order of their own (shuffle_dataset), and generation batches are always full.
const { trainSamplingStrategy: _, dataloaderDropLast: __, ...training } = trainingConfig;

/** The arguments that GRPO and RLOO share; names and defaults are TRL's. */
export const policyConfig = {
  ...group('Sampling', {
    numGenerations: integer(8, 'Completions sampled for each prompt: a group.', { min: 1 }),
    numGenerationsEval: integer(
      null,
      'Completions sampled for each held-out prompt (null: num_generations).',
      { min: 1, resume: false },
    ),
    maxCompletionLength: integer(512, 'Tokens of a completion at most.', { min: 1, memory: true }),
    temperature: number(1, 'Divides the logits, in sampling and in training.', { above: 0 }),
    topP: number(1, 'Samples from the fewest tokens that together have this probability.', {
      above: 0,
      max: 1,
    }),
    topK: integer(0, 'Samples from the k most likely tokens; 0: from all.', { min: 0 }),
    minP: number(
      null,
      'Samples from tokens with at least this share of the probability of the most likely one.',
      { min: 0, max: 1 },
    ),
    shuffleDataset: flag(true, 'Takes the prompts in a new order in each epoch.'),
    stepsPerGeneration: integer(
      null,
      'Micro-batches that a generation batch is cut into (null: gradient_accumulation_steps).',
      { min: 1 },
    ),
    generationBatchSize: integer(
      null,
      'Completions of a generation batch, in place of steps_per_generation.',
      { min: 1 },
    ),
  }),
  ...withDefaults(training, { learningRate: 1e-6 }),
  ...group('Policy', {
    beta: number(
      0,
      'KL coefficient: cost of moving away from the reference model; 0: there is none.',
      {
        min: 0,
        memory: true,
      },
    ),
    numIterations: integer(1, 'Times that each generation batch is trained on.', { min: 1 }),
    epsilon: number(0.2, 'Probability ratios are clipped from below to 1 - epsilon.', {
      min: 0,
      max: 1,
    }),
    epsilonHigh: number(
      null,
      'Probability ratios are clipped from above to 1 + epsilon_high (null: epsilon).',
      { min: 0 },
    ),
    maskTruncatedCompletions: flag(
      false,
      'Completions that were cut off at max_completion_length train nothing.',
    ),
    rewardWeights: numbers(
      null,
      'Weight of each reward function, the reward model first (null: 1).',
    ),
    disableDropout: flag(false, 'Turns dropout off, that of LoRA too.'),
  }),
  ...followingConfig,
};

export type PolicySettings = SettingsOf<typeof policyConfig>;

/** What recipes name beside the arguments: rewards, and a recording that stands in for sampling. */
export const rolloutConfig = {
  ...group('Rewards', {
    rewardFuncs: list(
      null,
      'Reward functions: think_format_reward, get_soft_overlong_punishment, or module.function, which module.mjs (or .js) of the working directory exports.',
    ),
    rewardModelNameOrPath: text(
      null,
      'Reward model: what attune reward left, a model folder or a hub id.',
    ),
  }),
  ...group('Replay', {
    rollouts: text(
      undefined,
      'JSONL file of recorded completions that are trained on in place of sampling: rows of {prompt, completion, rewards}, token ids and a number (or null) for each reward function.',
      { trl: false },
    ),
    rolloutBatches: text(
      undefined,
      'JSON file of the micro-batches of a recording: a list of {rows}, row numbers from 0 (without it: batches.json beside rollouts, or the order of the rows).',
      { trl: false },
    ),
  }),
};

/** TRL's keys of GRPOConfig and RLOOConfig about sampling engines and tools that are not here. */
export const trlPolicyKeys: OtherKeys = joinOtherKeys(trlKeys, {
  withoutEffect: {
    train_sampling_strategy: 'random',
    dataloader_drop_last: false,
    cast_lm_head_to_fp32: false,
    ds3_gather_for_generation: true,
    cache_implementation: null,
    use_vllm: false,
    vllm_mode: 'colocate',
    vllm_model_impl: 'vllm',
    vllm_enable_sleep_mode: false,
    vllm_server_base_url: null,
    vllm_server_host: '0.0.0.0',
    vllm_server_port: 8000,
    vllm_server_timeout: 240,
    vllm_group_port: 51216,
    vllm_gpu_memory_utilization: 0.3,
    vllm_max_model_length: null,
    vllm_tensor_parallel_size: 1,
    vllm_importance_sampling_correction: true,
    vllm_importance_sampling_mode: 'sequence_mask',
    vllm_importance_sampling_clip_max: 3,
    vllm_importance_sampling_clip_min: null,
    vllm_importance_sampling_cap: null,
    log_completions: false,
    log_multimodal: true,
    num_completions_to_print: null,
    log_unique_prompts: false,
    log_completions_hub_repo: null,
    use_transformers_continuous_batching: false,
    transformers_continuous_batching_config: null,
    use_transformers_paged: false,
    max_tool_calling_iterations: null,
    remove_unused_columns: false,
  },
  notDone: {
    generation_kwargs: {
      default: null,
      why: 'sampling has keys of its own',
      remedy: 'Use temperature, top_p, top_k and min_p.',
    },
    chat_template_kwargs: {
      default: null,
      why: 'the chat template is given no further arguments',
      remedy: 'Leave it out, or change the template beside the model.',
    },
    repetition_penalty: {
      default: 1,
      why: 'repeated tokens are not penalised in sampling',
      remedy: 'Leave it out, or reward completions without repetitions.',
    },
    vllm_structured_outputs_regex: {
      default: null,
      why: 'completions are not forced into a pattern',
      remedy: 'Leave it out, or reward completions that match the pattern.',
    },
  },
});

const wrong = (message: string, remedy: string) => new AttuneError('bad-value', message, remedy);

/** Micro-batches that a generation batch is cut into. @throws AttuneError `bad-value` */
export function stepsPerGeneration(
  args: Pick<
    PolicySettings,
    | 'perDeviceTrainBatchSize'
    | 'gradientAccumulationSteps'
    | 'generationBatchSize'
    | 'stepsPerGeneration'
  >,
): number {
  const { perDeviceTrainBatchSize: batch, gradientAccumulationSteps, generationBatchSize } = args;
  if (args.stepsPerGeneration !== null && generationBatchSize !== null) {
    throw wrong(
      'generation_batch_size and steps_per_generation are both set.',
      'Give one of them: a generation batch has steps_per_generation times per_device_train_batch_size completions.',
    );
  }
  if (generationBatchSize === null) return args.stepsPerGeneration ?? gradientAccumulationSteps;
  if (generationBatchSize % batch === 0) return generationBatchSize / batch;
  throw wrong(
    `generation_batch_size is ${generationBatchSize}, not a multiple of per_device_train_batch_size ${batch}.`,
    'Give a multiple of it.',
  );
}

/**
 * Checks what GRPO and RLOO share beyond single keys.
 * @throws AttuneError `bad-value`, `group-size` where a generation batch would not hold whole groups
 */
export function checkPolicy(args: PolicySettings): void {
  const { numGenerations, perDeviceTrainBatchSize: batch } = args;
  if (numGenerations < 2) {
    throw new AttuneError(
      'group-size',
      `num_generations is ${numGenerations}: a completion alone has no group to be compared with.`,
      'num_generations must be at least 2.',
    );
  }
  const size = batch * stepsPerGeneration(args);
  if (size % numGenerations !== 0) {
    throw new AttuneError(
      'group-size',
      `A generation batch has ${size} completions (per_device_train_batch_size ${batch} times ${size / batch} micro-batches), which is not a multiple of num_generations ${numGenerations}.`,
      'Change one of per_device_train_batch_size, steps_per_generation (by default gradient_accumulation_steps) and num_generations.',
    );
  }
  checkReference({ ...args, precomputeRefLogProbs: false });
}

/** A weight for each of `count` reward functions. @throws AttuneError `bad-value` */
export function rewardWeights(
  { rewardWeights: given }: Pick<PolicySettings, 'rewardWeights'>,
  count: number,
): number[] {
  if (given === null) return Array<number>(count).fill(1);
  if (given.length === count) return [...given];
  throw wrong(
    `There are ${count} reward functions and ${given.length} reward_weights.`,
    'Give a weight for each function.',
  );
}
