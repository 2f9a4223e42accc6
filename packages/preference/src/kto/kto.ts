import { collateUnpaired, type UnpairedBatch, type UnpairedExample } from '@attune/data';
import {
  type Algorithm,
  algorithm,
  createFrom,
  ReferenceModel,
  Trainer,
  type TrainerOptions,
  TrainerSetup,
  trlKeys,
} from '@attune/trainer';
import { ofEach } from '../blocks.ts';
import type { ReferenceCacheOptions } from '../reference-cache.ts';
import { referenceLogpsOptions } from '../reference-logps.ts';
import { checkKto, ktoConfig } from './kto.config.ts';
import { ktoData, withReferenceLogps } from './kto.data.ts';
import { ktoLoss } from './kto.loss.ts';

export interface KTOTrainerOptions
  extends TrainerOptions<typeof ktoConfig>,
    ReferenceCacheOptions {}

/**
 * Kahneman-Tversky optimisation: the policy π is trained towards desirable completions and away from undesirable ones,
 * without pairs, by how its log-ratio to the reference model π_ref compares with an estimate of their KL divergence.
 *
 * readDataset → applyTemplate → encode → batches; each batch: forward (π_ref, π) → loss → backward → clipGradients →
 * step → log.
 * @example
 * const trainer = await KTOTrainer.create({
 *   model: 'HuggingFaceTB/SmolLM2-135M-Instruct',
 *   trainDataset: 'completions.jsonl', // rows of { prompt, completion, label: true or false }
 *   peftConfig: { peftType: 'LORA', r: 8, targetModules: 'all-linear' },
 *   args: { learningRate: 5e-6, undesirableWeight: 1.2 },
 * });
 * for await (const { step, metrics } of trainer.train()) console.log(step, metrics.kl);
 * await trainer.saveModel('preferred');
 * @see Ethayarajh et al. 2024, https://arxiv.org/abs/2402.01306; TRL's KTOTrainer
 */
export class KTOTrainer extends Trainer<UnpairedExample, UnpairedBatch> {
  /**
   * Reads the completions, opens the model and its reference, and sets it up to be trained.
   * @throws AttuneError `unknown-key`, `bad-value`, `kto-batch-too-small`, `kto-one-kind`,
   * `nothing-to-train`, those of the readers
   */
  static async create(options: KTOTrainerOptions): Promise<KTOTrainer> {
    const setup = await TrainerSetup.open(kto, options, { check: checkKto });
    return createFrom(setup, async () => {
      const { args } = setup;
      const completions = await ktoData(setup);
      const model = await setup.tunedModel(args.disableDropout);
      const reference = await ReferenceModel.create(model, await setup.modelOptions(), args);
      const by = referenceLogpsOptions(setup, options, model, reference);
      const known = args.precomputeRefLogProbs
        ? await ofEach(completions, (some) => withReferenceLogps(some, args, by))
        : completions;
      const data = { ...known, collate: collateUnpaired };
      const loss = ktoLoss(args, model.network, reference.network);
      return new KTOTrainer(setup, { model, reference, data, loss });
    });
  }
}

export const kto: Algorithm<typeof ktoConfig, KTOTrainerOptions> = algorithm({
  name: 'kto',
  order: 42,
  summary: 'Trains a model towards desirable completions and away from others (KTO).',
  description:
    "Kahneman-Tversky optimisation by TRL's rules, on rows of {prompt, completion, label}; pairs are taken apart. Needs batches of two rows or more, in the order of the file.",
  example: `attune kto --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct \\
  --dataset_name labelled.jsonl --use_peft --lora_target_modules all-linear \\
  --learning_rate 5e-6 --output_dir preferred
attune kto --config recipe.yaml --undesirable_weight 1.2`,
  papers: [{ title: 'Ethayarajh et al. 2024', url: 'https://arxiv.org/abs/2402.01306' }],
  config: ktoConfig,
  otherKeys: trlKeys,
  trlCommand: 'kto',
  create: (options) => KTOTrainer.create(options),
});
