import { messagesOf, type Row, rowsOf, splitDataset } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import type { Tokenizer } from '@attune/tokenizer';
import type { TrainerSetup } from '@attune/trainer';
import { type PolicySettings, type policyConfig, stepsPerGeneration } from '../policy.config.ts';
import type { PolicyTrainerOptions } from '../policy-trainer.ts';
import { findRewards } from './find-rewards.ts';
import { openRecording } from './recording.ts';
import type { RolloutSource } from './rollouts.ts';
import { type PromptRow, Sampler, type SamplingPolicy } from './sampler.ts';

/** Rollouts of training and of held-out prompts. */
export interface Rollouts {
  readonly train: RolloutSource;
  readonly evaluation?: RolloutSource;
  /** Steps that a recording holds, where there is one and max_steps does not say less. */
  readonly totalSteps?: number;
  destroy(): void;
}

/** Rollouts before the policy is on the device: data and rewards are known to be good. */
export interface OpenRollouts {
  start(policy: SamplingPolicy): Promise<Rollouts>;
}

/** Rollouts that are sampled as the run goes on, or those of a recording. */
export async function openRollouts(
  setup: TrainerSetup<typeof policyConfig>,
  options: Omit<PolicyTrainerOptions<typeof policyConfig>, 'args' | 'callbacks' | 'model'>,
): Promise<OpenRollouts> {
  if (options.rollouts !== undefined) {
    const recording = await openRecording(setup, options);
    return { start: async () => ({ ...recording, destroy() {} }) };
  }
  return sampling(setup, options);
}

async function sampling(
  setup: TrainerSetup<typeof policyConfig>,
  options: Pick<
    PolicyTrainerOptions<typeof policyConfig>,
    'rewardFuncs' | 'rewardModelNameOrPath' | 'onSample'
  >,
): Promise<OpenRollouts> {
  const { args, tokenizer } = setup;
  const evaluates = args.evalStrategy !== 'no' || args.evalOnStart;
  const split = await splitDataset(setup, { evaluates });
  const train = await readPrompts(split.train, tokenizer);
  const held = split.evaluation && (await readPrompts(split.evaluation, tokenizer));
  setup.log(`Data: ${train.length} prompts${held ? `; ${held.length} held out` : ''}.`);
  const rewards = await findRewards(options, setup);
  const generations = args.numGenerationsEval ?? args.numGenerations;
  if (held && args.perDeviceEvalBatchSize % generations !== 0) {
    throw new AttuneError(
      'group-size',
      `A batch of ${args.perDeviceEvalBatchSize} held-out completions (per_device_eval_batch_size) holds no whole groups of ${generations}.`,
      'Change per_device_eval_batch_size, or num_generations_eval.',
    );
  }
  return {
    async start(policy) {
      const shared = {
        rewards: await rewards.load(policy.executor.gpu),
        ...samplingOptions(args, tokenizer),
      };
      const seed = args.dataSeed ?? args.seed;
      const training = new Sampler(policy, {
        ...shared,
        prompts: train,
        generationSize: args.perDeviceTrainBatchSize * stepsPerGeneration(args),
        numGenerations: args.numGenerations,
        seed,
        shuffle: args.shuffleDataset,
        ...(options.onSample && { onSample: options.onSample }),
      });
      const evaluation =
        held &&
        new Sampler(policy, {
          ...shared,
          prompts: held,
          generationSize: args.perDeviceEvalBatchSize,
          numGenerations: generations,
          // Other random numbers than those of training, the same in each evaluation.
          seed: seed + 1,
          shuffle: false,
          partial: true,
        });
      return {
        train: training,
        ...(evaluation && { evaluation }),
        destroy() {
          training.destroy();
          evaluation?.destroy();
          rewards.destroy();
        },
      };
    },
  };
}

function samplingOptions(args: PolicySettings, tokenizer: Tokenizer) {
  return {
    maxCompletionLength: args.maxCompletionLength,
    temperature: args.temperature,
    topP: args.topP,
    topK: args.topK,
    ...(args.minP !== null && { minP: args.minP }),
    eosTokenIds: tokenizer.eosTokenIds,
    decode: (ids: readonly number[]) => tokenizer.decode(ids, { skipSpecialTokens: true }),
  };
}

/** Prompts with their ids and the other columns of their rows. @throws AttuneError `bad-value` with the row's number */
async function readPrompts(
  source: Awaited<ReturnType<typeof splitDataset>>['train'],
  tokenizer: Tokenizer,
): Promise<PromptRow[]> {
  const rows: Row[] = [];
  for await (const row of rowsOf(source, {})) rows.push(row);
  return rows.map((row, i) => {
    const { prompt, completion: _, completion_ids: __, ...columns } = row;
    if (typeof prompt !== 'string' && !Array.isArray(prompt)) {
      throw new AttuneError(
        'bad-value',
        prompt === undefined
          ? `Row ${i + 1} of the data has the columns ${Object.keys(row).join(', ') || '(none)'}, and no prompt.`
          : `Row ${i + 1} of the data has the prompt ${JSON.stringify(prompt)}.`,
        'Each row needs prompt: text, or a list of messages.',
      );
    }
    const ids =
      typeof prompt === 'string'
        ? tokenizer.encode(prompt)
        : tokenizer.encodeChat(messagesOf(row, 'prompt'), { addGenerationPrompt: true }).ids;
    return { ids: Int32Array.from(ids), prompt, columns };
  });
}
