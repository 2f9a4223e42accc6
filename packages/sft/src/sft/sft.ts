import { flag, group } from '@attune/config';
import { type Example, joinRows, type RowBatch } from '@attune/data';
import {
  type Algorithm,
  algorithm,
  createFrom,
  joinOptions,
  streamingConfig,
  Trainer,
  type TrainerOptions,
  TrainerSetup,
  textTrlKeys,
} from '@attune/trainer';
import { sftConfig } from './sft.config.ts';
import { sftData } from './sft.data.ts';
import { sftLoss } from './sft.loss.ts';
import { startingModel } from './starting-model.ts';

const fromScratchConfig = group('Model', {
  fromScratch: flag(undefined, 'Starts from fresh weights of the initial distribution.', {
    trl: false,
  }),
});

export interface SFTTrainerOptions extends TrainerOptions<typeof sftConfig> {
  /** Encodes rows as they are needed, for data larger than memory; `trainDataset` are files then. Default false. */
  readonly streaming?: boolean;
  /** The same. */
  readonly datasetStreaming?: boolean;
  /** Starts from fresh weights of the initial distribution; null: where the model's folder has none. Default false. */
  readonly fromScratch?: boolean | null;
}

/**
 * Supervised fine-tuning, and pretraining: the same loss on other text. Trains a model's own weights or an adapter to
 * predict the labelled tokens.
 *
 * readDataset → encode → pack → batches; each batch: forward → loss → backward → clipGradients → step → log.
 * @example
 * const trainer = await SFTTrainer.create({
 *   model: 'HuggingFaceTB/SmolLM2-135M-Instruct',
 *   trainDataset: 'rows.jsonl',
 *   peftConfig: { peftType: 'LORA', r: 8, targetModules: 'all-linear' },
 *   args: { learningRate: 1e-3, maxSteps: 120 },
 * });
 * for await (const { step, loss } of trainer.train()) console.log(step, loss);
 * await trainer.saveModel('out');
 * @see Ouyang et al. 2022, https://arxiv.org/abs/2203.02155, section 3; TRL's SFTTrainer
 */
export class SFTTrainer extends Trainer<Example, RowBatch> {
  /**
   * Reads the data, opens the model and sets it up to be trained.
   * @throws AttuneError `unknown-key`, `bad-value`, `nothing-to-train`, those of the readers of models and data
   */
  static async create(options: SFTTrainerOptions): Promise<SFTTrainer> {
    const { fromScratch = false } = options;
    const start = (given: { seed: number; log: (line: string) => void }) =>
      startingModel(options.model, { ...options, ...given, fromScratch });
    const setup = await TrainerSetup.open(sft, options, { open: start });
    return createFrom(setup, async () => {
      const streaming = options.streaming === true || options.datasetStreaming === true;
      const { train, evaluation } = await sftData(setup, { streaming });
      const model = await setup.tunedModel();
      const collate = (rows: readonly Example[]) => joinRows(rows, joinOptions(model.network));
      const data = { train, ...(evaluation && { evaluation }), collate };
      return new SFTTrainer(setup, { model, data, loss: sftLoss(setup.args) });
    });
  }
}

export const sft: Algorithm<typeof sftConfig, SFTTrainerOptions> = algorithm({
  name: 'sft',
  order: 20,
  summary: 'Fine-tunes a model on text, prompts with completions, or conversations.',
  description:
    "Supervised fine-tuning by TRL's rules. Leaves the adapter or the model in output_dir, with metrics.jsonl, trainer_state.json and checkpoints.",
  example: `attune sft --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name rows.jsonl \\
  --use_peft --lora_target_modules all-linear --learning_rate 1e-3 --output_dir out
attune sft --config recipe.yaml --max_steps 20`,
  papers: [{ title: 'Ouyang et al. 2022', url: 'https://arxiv.org/abs/2203.02155' }],
  config: sftConfig,
  optionKeys: { ...fromScratchConfig, ...streamingConfig },
  otherKeys: textTrlKeys(),
  trlCommand: 'sft',
  create: (options) => SFTTrainer.create(options),
});
