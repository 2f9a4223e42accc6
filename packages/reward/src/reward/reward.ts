import { collatePairs, type PairBatch, type PreferenceExample } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import { type OpenModel, requireScoreHead, scoreModel } from '@attune/model';
import {
  type Algorithm,
  algorithm,
  createFrom,
  scoreNotFinite,
  Trainer,
  type TrainerOptions,
  TrainerSetup,
  trlKeysWith,
} from '@attune/trainer';
import { rewardConfig } from './reward.config.ts';
import { rewardData } from './reward.data.ts';
import { rewardLoss } from './reward.loss.ts';

export type RewardTrainerOptions = TrainerOptions<typeof rewardConfig>;

/**
 * Trains a reward model on pairs: a model with a score head learns to give the chosen completion more than the
 * rejected one, -ln σ(r_chosen - r_rejected - margin).
 *
 * readDataset → applyTemplate → encode → batches; each batch: forward → loss → backward → clipGradients → step → log.
 * @example
 * const trainer = await RewardTrainer.create({
 *   model: 'HuggingFaceTB/SmolLM2-135M-Instruct',
 *   trainDataset: 'pairs.jsonl',
 *   peftConfig: { peftType: 'LORA', targetModules: 'all-linear' },
 *   args: { learningRate: 1e-4, maxSteps: 100 },
 * });
 * for await (const { step, metrics } of trainer.train()) console.log(step, metrics.accuracy);
 * await trainer.saveModel('reward-model');
 * @see Ouyang et al. 2022, https://arxiv.org/abs/2203.02155, equation 1; TRL's RewardTrainer
 */
export class RewardTrainer extends Trainer<PreferenceExample, PairBatch> {
  /**
   * Opens the model, gives it a score head where it has none, reads the pairs.
   * @throws AttuneError `missing-score-head`, `margin-missing`, `vocabulary-mismatch`, `row-too-long`, `nothing-to-train`
   */
  static async create(options: RewardTrainerOptions): Promise<RewardTrainer> {
    let opened: OpenModel | undefined;
    const setup = await TrainerSetup.open(reward, options, {
      fit(model, given) {
        opened = model;
        return scoreModel(model, given);
      },
    });
    return createFrom(setup, async () => {
      const { args, model, padTokenId } = setup;
      requireScoreHead(model.config);
      checkHead(opened!, setup);
      const pairs = await rewardData(setup);
      return new RewardTrainer(setup, {
        model: await setup.tunedModel(args.disableDropout),
        data: { ...pairs, collate: collatePairs },
        loss: rewardLoss({ ...args, padTokenId }),
      });
    });
  }

  /**
   * Mean loss and metrics on the held-out pairs, by TRL's names; nothing without such pairs.
   * @throws AttuneError `score-not-finite`
   */
  override async evaluate(): Promise<Record<string, number>> {
    const means = await super.evaluate();
    // A reward that is no number makes the loss none; the other means leave its pair out.
    const { eval_loss: loss = 0 } = means;
    if (Number.isFinite(loss)) return means;
    throw scoreNotFinite(`One or more of ${this.heldOutRows} held-out pairs`, loss);
  }
}

/** A fresh head that nothing trains would be lost, and with it the reward model. */
function checkHead(
  { config }: OpenModel,
  { chosen, log }: TrainerSetup<typeof rewardConfig>,
): void {
  const { method } = chosen;
  const trains = method.tensors.some(({ name }) => name.includes('score'));
  if (method.leaves === 'model' || trains) {
    if (config.head === 'lm') log('A score head stands in for the output layer.');
    return;
  }
  if (config.head === 'score') {
    log('The score head stays as it is: lora_task_type SEQ_CLS would train it too.');
    return;
  }
  throw new AttuneError(
    'missing-score-head',
    'The model has no score head, and the adapter would neither train nor save a new one.',
    'Set lora_task_type to SEQ_CLS, or name score in lora_modules_to_save.',
  );
}

export const reward: Algorithm<typeof rewardConfig> = algorithm({
  name: 'reward',
  order: 30,
  summary: 'Trains a reward model on pairs of a better and a worse completion.',
  description:
    'Rows of {"prompt", "chosen", "rejected"}, as text or messages; "margin" is how much more the chosen completion should score. A language model gets a score head in place of its output layer; a reward model is trained further. Leaves what transformers opens as AutoModelForSequenceClassification, or an adapter with the head (attune score uses either). accuracy is the share of pairs whose chosen completion has the greater reward.',
  example: `attune reward --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct \\
  --dataset_name pairs.jsonl --use_peft --lora_target_modules all-linear \\
  --center_rewards_coefficient 0.01 --output_dir reward-model
attune reward --config recipe.yaml --max_steps 20`,
  papers: [{ title: 'Ouyang et al. 2022', url: 'https://arxiv.org/abs/2203.02155' }],
  config: rewardConfig,
  otherKeys: trlKeysWith('chat_template_path', 'eos_token', 'pad_token'),
  peftDefaults: { peftType: 'LORA', taskType: 'SEQ_CLS' },
  trlCommand: 'reward',
  create: (options) => RewardTrainer.create(options),
});
