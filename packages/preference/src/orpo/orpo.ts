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
import { orpoConfig } from './orpo.config.ts';
import { orpoData } from './orpo.data.ts';
import { orpoLoss } from './orpo.loss.ts';

export type ORPOTrainerOptions = TrainerOptions<typeof orpoConfig>;

/**
 * Odds ratio preference optimisation: supervised fine-tuning on the chosen completions, and a term that makes them more
 * likely than the rejected ones, by their odds. There is no reference model.
 *
 * readDataset → applyTemplate → encode → batches; each batch: forward → loss → backward → clipGradients → step → log.
 * @example
 * const trainer = await ORPOTrainer.create({
 *   model: 'HuggingFaceTB/SmolLM2-135M-Instruct',
 *   trainDataset: 'pairs.jsonl', // rows of { prompt, chosen, rejected }
 *   peftConfig: { peftType: 'LORA', r: 8, targetModules: 'all-linear' },
 *   args: { learningRate: 1e-4, beta: 0.1 },
 * });
 * for await (const { step, metrics } of trainer.train()) console.log(step, metrics.log_odds_chosen);
 * await trainer.saveModel('preferred');
 * @see Hong et al. 2024, https://arxiv.org/abs/2403.07691; TRL's ORPOTrainer
 */
export class ORPOTrainer extends Trainer<PreferenceExample, PaddedPairBatch> {
  /**
   * Reads the pairs, opens the model and sets it up to be trained.
   * @throws AttuneError `unknown-key`, `bad-value`, `nothing-to-train`, those of the readers of models and data
   */
  static async create(options: ORPOTrainerOptions): Promise<ORPOTrainer> {
    const setup = await TrainerSetup.open(orpo, options);
    return createFrom(setup, async () => {
      const data = await orpoData(setup);
      const model = await setup.tunedModel(setup.args.disableDropout);
      return new ORPOTrainer(setup, { model, data, loss: orpoLoss(setup.args) });
    });
  }
}

export const orpo: Algorithm<typeof orpoConfig> = algorithm({
  name: 'orpo',
  order: 44,
  summary: 'Fine-tunes on chosen completions and away from rejected ones, in one stage (ORPO).',
  description:
    "Odds ratio preference optimisation by TRL's rules, on rows of {prompt, chosen, rejected}. There is no reference model.",
  example: `attune orpo --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name pairs.jsonl \\
  --use_peft --lora_target_modules all-linear --learning_rate 1e-4 --output_dir preferred
attune orpo --config recipe.yaml --beta 0.2`,
  papers: [{ title: 'Hong et al. 2024', url: 'https://arxiv.org/abs/2403.07691' }],
  config: orpoConfig,
  otherKeys: referenceFreeTrlKeys,
  create: (options) => ORPOTrainer.create(options),
});
