import { GRPOTrainer, RLOOTrainer } from '@attune/policy';
import { isCheerful, toneLexicon, tonePairs } from '@attune/tiny';
import { pageArgs } from './arguments';
import type { PreferSettings } from './live';
import type { Given } from './prefer';

/** Stories of a step, and for each request: few and cut short, so that a step is short on a software adapter too. */
const stories = 16;
const groups = { grpo: 8, rloo: 4 };
const longest = 80;

/** A policy that samples its own stories and is rewarded for cheerful ones. */
export async function makePolicy(
  { algorithm, beta, learningRate, steps }: PreferSettings & { algorithm: 'grpo' | 'rloo' },
  given: Given,
): Promise<GRPOTrainer | RLOOTrainer> {
  const lexicon = await toneLexicon();
  const options = {
    ...given,
    trainDataset: (await tonePairs('train')).map(({ prompt }) => ({ prompt })),
    rewardFuncs: {
      name: 'cheerful',
      score: ({ completions }: { completions: readonly unknown[] }) =>
        (completions as [{ content: string }][]).map(([story]) =>
          isCheerful(story.content, lexicon) ? 1 : 0,
        ),
    },
    args: {
      ...pageArgs,
      beta,
      learningRate,
      maxSteps: steps,
      perDeviceTrainBatchSize: stories,
      numGenerations: groups[algorithm],
      maxCompletionLength: longest,
    },
  };
  return algorithm === 'grpo' ? GRPOTrainer.create(options) : RLOOTrainer.create(options);
}
