import { collatePairs, type PairBatch, type PreferenceExample } from '@attune/data';
import {
  type Algorithm,
  algorithm,
  createFrom,
  ReferenceModel,
  Trainer,
  type TrainerOptions,
  TrainerSetup,
  trlKeysWith,
} from '@attune/trainer';
import { ofEach } from '../blocks.ts';
import type { ReferenceCacheOptions } from '../reference-cache.ts';
import { referenceLogpsOptions } from '../reference-logps.ts';
import { checkDpo, dpoConfig } from './dpo.config.ts';
import { dpoData, withReferenceLogps } from './dpo.data.ts';
import { dpoLoss } from './dpo.loss.ts';

export interface DPOTrainerOptions
  extends TrainerOptions<typeof dpoConfig>,
    ReferenceCacheOptions {}

/**
 * Direct preference optimisation and its variants: the policy π is trained to prefer the chosen completion to the
 * rejected one by more than the reference model π_ref does, which is the model before training.
 *
 * readDataset → applyTemplate → encode → batches; each batch: forward (π_ref, π) → loss → backward → clipGradients →
 * step → log.
 * @example
 * const trainer = await DPOTrainer.create({
 *   model: 'HuggingFaceTB/SmolLM2-135M-Instruct',
 *   trainDataset: 'pairs.jsonl', // rows of { prompt, chosen, rejected }
 *   peftConfig: { peftType: 'LORA', r: 8, targetModules: 'all-linear' },
 *   args: { learningRate: 5e-6, beta: 0.1, lossType: ['sigmoid'] },
 * });
 * for await (const { step, metrics } of trainer.train()) {
 *   console.log(step, metrics['rewards/margins']);
 * }
 * await trainer.saveModel('preferred');
 * @see Rafailov et al. 2023, https://arxiv.org/abs/2305.18290; IPO: Azar et al. 2023,
 * https://arxiv.org/abs/2310.12036; TR-DPO: Gorbatovski et al. 2024, https://arxiv.org/abs/2404.09656; TRL's DPOTrainer
 */
export class DPOTrainer extends Trainer<PreferenceExample, PairBatch> {
  /**
   * Reads the pairs, opens the model and its reference, and sets it up to be trained.
   * @throws AttuneError `unknown-key`, `bad-value`, `nothing-to-train`, those of the readers
   */
  static async create(options: DPOTrainerOptions): Promise<DPOTrainer> {
    const setup = await TrainerSetup.open(dpo, options, { check: checkDpo });
    return createFrom(setup, async () => {
      const { args } = setup;
      const pairs = await dpoData(setup);
      const model = await setup.tunedModel(args.disableDropout);
      const reference = await ReferenceModel.create(model, await setup.modelOptions(), args);
      const by = referenceLogpsOptions(setup, options, model, reference);
      const known = args.precomputeRefLogProbs
        ? await ofEach(pairs, (some) => withReferenceLogps(some, args, by))
        : pairs;
      const data = { ...known, collate: collatePairs };
      const loss = dpoLoss(args, reference.network);
      return new DPOTrainer(setup, { model, reference, data, loss });
    });
  }
}

export const dpo: Algorithm<typeof dpoConfig, DPOTrainerOptions> = algorithm({
  name: 'dpo',
  order: 40,
  summary: 'Trains a model to prefer the better of two completions (DPO, IPO and their variants).',
  description:
    "Direct preference optimisation by TRL's rules, on rows of {prompt, chosen, rejected}. The reference model is the model before training: the base model under a new adapter, a frozen copy otherwise.",
  example: `attune dpo --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name pairs.jsonl \\
  --use_peft --lora_target_modules all-linear --learning_rate 5e-6 --output_dir preferred
attune dpo --config recipe.yaml --loss_type ipo`,
  papers: [
    { title: 'Rafailov et al. 2023', url: 'https://arxiv.org/abs/2305.18290' },
    { title: 'Azar et al. 2023 (IPO)', url: 'https://arxiv.org/abs/2310.12036' },
    { title: 'Gorbatovski et al. 2024 (TR-DPO)', url: 'https://arxiv.org/abs/2404.09656' },
  ],
  config: dpoConfig,
  otherKeys: trlKeysWith('truncation_mode', 'pad_token'),
  trlCommand: 'dpo',
  create: (options) => DPOTrainer.create(options),
});
