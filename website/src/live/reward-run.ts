import {
  type GRPOArguments,
  GRPOTrainer,
  type NamedReward,
  type PolicyArguments,
  type PolicyTrainerOptions,
  RLOOTrainer,
  Sampler,
} from '@attune/policy';
import { isCheerful, toneLexicon, tonePairs } from '@attune/tiny';
import type { Tokenizer } from '@attune/tokenizer';
import { pageArguments } from './arguments';
import type { PreferSettings } from './live';

/** Stories of a step, and to each request: few and cut short, so that a step is short on a software adapter too. */
const stories = 16;
const siblings = { grpo: 8, rloo: 4 };
const longest = 80;

type Given = Omit<
  PolicyTrainerOptions<PolicyArguments>,
  'rollouts' | 'evaluation' | 'arguments' | 'eosTokenIds'
>;

/** A policy that samples its own stories and is rewarded for cheerful ones. */
export async function makePolicy(
  { algorithm, beta, learningRate, steps }: PreferSettings & { algorithm: 'grpo' | 'rloo' },
  tokenizer: Tokenizer,
  given: Given,
): Promise<GRPOTrainer | RLOOTrainer> {
  const lexicon = await toneLexicon();
  const cheerful: NamedReward = {
    name: 'cheerful',
    score: ({ completions }) =>
      (completions as [{ content: string }][]).map(([story]) =>
        isCheerful(story.content, lexicon) ? 1 : 0,
      ),
  };
  const requests = (await tonePairs('train')).map(({ prompt }) => ({
    prompt,
    ids: Int32Array.from(tokenizer.encodeChat(prompt, { addGenerationPrompt: true }).ids),
  }));
  const numGenerations = siblings[algorithm];
  const args: GRPOArguments = {
    ...pageArguments,
    beta,
    learningRate,
    maxSteps: steps,
    perDeviceTrainBatchSize: stories,
    trainSamplingStrategy: 'sequential',
    dataloaderDropLast: true,
    numGenerations,
    maxCompletionLength: longest,
  };
  const { eosTokenIds } = tokenizer;
  const options = {
    ...given,
    eosTokenIds,
    arguments: args,
    rollouts: (policy: ConstructorParameters<typeof Sampler>[0]) =>
      new Sampler(policy, {
        prompts: requests,
        rewards: [cheerful],
        roundSize: stories,
        numGenerations,
        maxCompletionLength: longest,
        eosTokenIds,
        decode: (ids) => tokenizer.decode(ids, { skipSpecialTokens: true }),
        seed: pageArguments.seed,
      }),
  };
  return algorithm === 'grpo' ? GRPOTrainer.create(options) : RLOOTrainer.create(options);
}
