import type { DatasetStream, Example } from '@attune/data';
import {
  ModelTrainer,
  type TrainerArguments,
  TunedModel,
  type TunedModelOptions,
} from '@attune/trainer';
import { NextToken, type SFTLoss } from './next-token.ts';

/** The keys of a recipe that supervised fine-tuning reads; names and defaults are TRL's. */
export interface SFTArguments extends TrainerArguments {
  readonly lossType: SFTLoss;
}

export interface SFTTrainerOptions extends TunedModelOptions {
  readonly padTokenId: number;
  readonly train: readonly Example[] | DatasetStream;
  readonly evaluation?: readonly Example[];
  readonly arguments: SFTArguments;
}

/**
 * Supervised fine-tuning, and pretraining: the same objective on other text. Trains a model's own
 * weights or an adapter to predict the labelled tokens.
 *
 * readDataset → encode → pack → batches; each batch: forward → loss → backward → clip → step.
 * @example
 * const trainer = await SFTTrainer.create({ gpu, config, weights, method, padTokenId, train, arguments });
 * for await (const step of trainer.steps()) console.log(step.step, step.loss);
 * @see Ouyang et al. 2022, https://arxiv.org/abs/2203.02155, section 3; TRL's SFTTrainer
 */
export class SFTTrainer extends ModelTrainer {
  /** Makes the trained tensors and uploads the frozen ones. @throws AttuneError `nothing-to-train` */
  static async create(options: SFTTrainerOptions): Promise<SFTTrainer> {
    const { arguments: args } = options;
    const { optimizer } = args;
    const model = await TunedModel.create({ ...options, ...(optimizer && { optimizer }) });
    const { lossType, gradientCheckpointing, seed } = args;
    const { positions } = model;
    const objective = new NextToken(model, { lossType, gradientCheckpointing, positions }, seed);
    return new SFTTrainer(options, { model, objective });
  }
}
