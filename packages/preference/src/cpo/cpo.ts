import type { PreferenceExample } from '@attune/data';
import {
  type Algorithm,
  algorithm,
  createFrom,
  Trainer,
  type TrainerOptions,
  TrainerSetup,
} from '@attune/trainer';
import type { PaddedPairBatch } from '../padded-pairs.ts';
import { referenceFreeTrlKeys } from '../preference.config.ts';
import { cpoConfig } from './cpo.config.ts';
import { cpoData } from './cpo.data.ts';
import { cpoLoss } from './cpo.loss.ts';

export type CPOTrainerOptions = TrainerOptions<typeof cpoConfig>;

/**
 * Contrastive preference optimisation, SimPO and AlphaPO: DPO with a uniform reference, so that no reference model is
 * needed, and the likelihood of the chosen completion beside it, which keeps the policy from losing it.
 *
 * readDataset → applyTemplate → encode → batches; each batch: forward → loss → backward → clipGradients → step → log.
 * @example
 * const trainer = await CPOTrainer.create({
 *   model: 'HuggingFaceTB/SmolLM2-135M-Instruct',
 *   trainDataset: 'pairs.jsonl', // rows of { prompt, chosen, rejected }
 *   peftConfig: { peftType: 'LORA', r: 8, targetModules: 'all-linear' },
 *   args: { lossType: 'simpo', cpoAlpha: 0, beta: 2, learningRate: 1e-5 },
 * });
 * for await (const { step, metrics } of trainer.train()) {
 *   console.log(step, metrics['rewards/margins']);
 * }
 * await trainer.saveModel('preferred');
 * @see Xu et al. 2024, https://arxiv.org/abs/2401.08417; SimPO: Meng et al. 2024,
 * https://arxiv.org/abs/2405.14734; AlphaPO: Gupta et al. 2025, https://arxiv.org/abs/2501.03884; TRL's CPOTrainer
 */
export class CPOTrainer extends Trainer<PreferenceExample, PaddedPairBatch> {
  /**
   * Reads the pairs, opens the model and sets it up to be trained.
   * @throws AttuneError `unknown-key`, `bad-value`, `nothing-to-train`, those of the readers of models and data
   */
  static async create(options: CPOTrainerOptions): Promise<CPOTrainer> {
    const setup = await TrainerSetup.open(cpo, options);
    return createFrom(setup, async () => {
      const data = await cpoData(setup);
      const model = await setup.tunedModel(setup.args.disableDropout);
      return new CPOTrainer(setup, { model, data, loss: cpoLoss(setup.args) });
    });
  }
}

export const cpo: Algorithm<typeof cpoConfig> = algorithm({
  name: 'cpo',
  order: 46,
  summary:
    'Trains a model to prefer chosen completions, without a reference model (CPO, SimPO, AlphaPO).',
  description:
    "Contrastive preference optimisation by TRL's rules, on rows of {prompt, chosen, rejected}. SimPO is loss_type simpo with cpo_alpha 0.",
  example: `attune cpo --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name pairs.jsonl \\
  --loss_type simpo --cpo_alpha 0 --beta 2 --use_peft --learning_rate 1e-5 --output_dir preferred
attune cpo --config recipe.yaml`,
  papers: [
    { title: 'Xu et al. 2024', url: 'https://arxiv.org/abs/2401.08417' },
    { title: 'Meng et al. 2024 (SimPO)', url: 'https://arxiv.org/abs/2405.14734' },
    { title: 'Gupta et al. 2025 (AlphaPO)', url: 'https://arxiv.org/abs/2501.03884' },
  ],
  config: cpoConfig,
  otherKeys: referenceFreeTrlKeys,
  create: (options) => CPOTrainer.create(options),
});
