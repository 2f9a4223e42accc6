// A loss of your own in one file: next-token prediction that adds a penalty on confident predictions (the mean entropy is
// rewarded). `Trainer` brings the loop, checkpoints and logs.
import {
  type DatasetSource,
  type Example,
  entropyBonus,
  joinRows,
  type Loss,
  type ModelSource,
  nll,
  predictedLogps,
  type RowBatch,
  type RowSizes,
  rowInputs,
  rowSizes,
  sft,
  type sftConfig,
  sftData,
  Trainer,
  type TrainerOptions,
  TrainerSetup,
  weightedLoss,
} from 'attune';

const total = ({ lengths }: RowBatch) => lengths.reduce((sum, length) => sum + length, 0);

/** -mean ln π - coefficient · mean entropy; each input says what fills it. */
const confidenceLoss = (coefficient: number): Loss<RowBatch, RowSizes> => ({
  sizes: rowSizes,
  count: total,
  record(graph, sizes, policy) {
    const rows = rowInputs(graph, policy, sizes, ({ batch }) => batch);
    const { logps, entropy } = predictedLogps(graph, policy, rows);
    const weights = graph.input('weights', [sizes.count], ({ batch }) =>
      new Float32Array(sizes.count).fill(1, 0, total(batch)),
    );
    const scale = graph.input('scale', [1], ({ share }) => Float32Array.of(1 / share.items));
    const bonus = graph.input('bonus', [1], ({ share }) =>
      Float32Array.of(coefficient / share.microBatches),
    );
    const next = graph.apply(nll, { logps, weights, scale }, {}).loss;
    const confident = graph.apply(entropyBonus, { entropy, mask: weights, scale: bonus }, {}).loss;
    return graph.apply(weightedLoss, { next, confident }, {}).loss;
  },
  metrics: ({ loss }) => ({ loss: loss![0]! }),
});

class ConfidenceTrainer extends Trainer<Example, RowBatch> {
  static async create(options: TrainerOptions<typeof sftConfig>, coefficient: number) {
    const setup = await TrainerSetup.open(sft, options);
    const { train } = await sftData(setup, { streaming: false });
    const model = await setup.tunedModel();
    const data = { train, collate: (rows: readonly Example[]) => joinRows(rows) };
    return new ConfidenceTrainer(setup, { model, data, loss: confidenceLoss(coefficient) });
  }
}

export async function ownLoss(model: ModelSource, rows: DatasetSource, maxSteps = 20) {
  const args = { learningRate: 1e-3, maxSteps };
  const trainer = await ConfidenceTrainer.create({ model, trainDataset: rows, args }, 0.01);
  const losses: number[] = [];
  for await (const { loss } of trainer.train()) losses.push(loss);
  trainer.destroy();
  return losses;
}
