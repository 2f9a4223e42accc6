import { type Row, readAllRows } from '@attune/data';
import { AttuneError, type Gpu } from '@attune/gpu';
import {
  type NamedReward,
  type PolicyArguments,
  type PromptRow,
  type RolloutSource,
  Sampler,
  stepsPerGeneration,
} from '@attune/policy';
import type { Tokenizer } from '@attune/tokenizer';
import type { Context } from '../command-line/command.ts';
import { usageError, type Values } from '../command-line/option.ts';
import { promptIds } from '../rows.ts';
import type { RolloutSources } from './policy.ts';
import { rewardsOf } from './rewards.ts';
import { dataFiles } from './sources.ts';
import { splitData } from './split.ts';

/** Rollouts that are sampled as the run goes on. */
export async function sampling(
  values: Values,
  args: PolicyArguments,
  tokenizer: Tokenizer,
  context: Context,
): Promise<RolloutSources> {
  const { terminal, verbose } = context;
  const split = await splitData(values, dataFiles(values));
  const train = await readPrompts(split.train, tokenizer);
  const held = split.evaluation && (await readPrompts(split.evaluation, tokenizer));
  terminal.note(`Data: ${train.length} prompts${held ? `; ${held.length} held out` : ''}.`);
  const rewards = await rewardsOf(values, context);
  const shared = (judges: readonly NamedReward[]) => ({
    rewards: judges,
    maxCompletionLength: args.maxCompletionLength,
    temperature: args.temperature ?? 1,
    topP: Number(values.top_p),
    topK: Number(values.top_k),
    ...(values.min_p != null && { minP: Number(values.min_p) }),
    eosTokenIds: tokenizer.eosTokenIds,
    decode: (ids: readonly number[]) => tokenizer.decode(ids, { skipSpecialTokens: true }),
  });
  const seed = args.dataSeed ?? args.seed;
  // The judges are loaded once, for training and held-out prompts alike.
  let loaded: Promise<readonly NamedReward[]> | undefined;
  const judgesOf = (gpu: Gpu) => (loaded ??= rewards.load(gpu));
  const generations = args.numGenerationsEval ?? args.numGenerations;
  if (held && args.perDeviceEvalBatchSize % generations !== 0) {
    throw new AttuneError(
      'group-size',
      `A batch of ${args.perDeviceEvalBatchSize} held-out completions (per_device_eval_batch_size) holds no whole groups of ${generations}.`,
      'Change per_device_eval_batch_size, or num_generations_eval.',
    );
  }
  return {
    async train(gpu) {
      const options = {
        ...shared(await judgesOf(gpu)),
        prompts: train,
        roundSize: args.perDeviceTrainBatchSize * stepsPerGeneration(args),
        numGenerations: args.numGenerations,
        seed,
        shuffle: values.shuffle_dataset !== false,
        ...(verbose && {
          sampled: (round: number, [text]: readonly string[]) =>
            terminal.note(`Round ${round}, first completion: ${text}`),
        }),
      };
      return (policy) => withJudges(new Sampler(policy, options), rewards.destroy);
    },
    ...(held && {
      async held(gpu) {
        const options = {
          ...shared(await judgesOf(gpu)),
          prompts: held,
          roundSize: args.perDeviceEvalBatchSize,
          numGenerations: generations,
          // Other random numbers than those of training, the same in each evaluation.
          seed: seed + 1,
          shuffle: false,
          partial: true,
        };
        return (policy) => new Sampler(policy, options);
      },
    }),
  };
}

/** A sampler that takes its judges with it when it goes. */
function withJudges(sampler: Sampler, destroy: () => void): RolloutSource {
  return {
    rewardNames: sampler.rewardNames,
    roundsPerEpoch: sampler.roundsPerEpoch,
    longest: sampler.longest,
    bytes: sampler.bytes,
    round: (index) => sampler.round(index),
    destroy() {
      sampler.destroy();
      destroy();
    },
  };
}

async function readPrompts(
  source: readonly string[] | Row[],
  tokenizer: Tokenizer,
): Promise<PromptRow[]> {
  const rows: Row[] = [];
  if (isRows(source)) rows.push(...source);
  else for await (const row of readAllRows(source)) rows.push(row);
  return rows.map((row, i) => {
    const { prompt, completion: _, completion_ids: __, ...columns } = row;
    if (typeof prompt !== 'string' && !Array.isArray(prompt)) {
      throw usageError(
        'bad-value',
        prompt === undefined
          ? `Row ${i + 1} of the data has the columns ${Object.keys(row).join(', ') || '(none)'}, and no prompt.`
          : `Row ${i + 1} of the data has the prompt ${JSON.stringify(prompt)}.`,
        'Each row needs prompt: text, or a list of messages.',
      );
    }
    const ids = Int32Array.from(promptIds({ prompt }, i + 1, () => tokenizer));
    return { ids, prompt, columns };
  });
}

const isRows = (source: readonly string[] | Row[]): source is Row[] =>
  typeof source[0] === 'object';
