import { ppoClip } from '@attune/kernels';
import {
  completionInputs,
  completionLogps,
  type Loss,
  predictedLogps,
  type RowSizes,
  rowInputs,
  rowParts,
  rowSizes,
} from '@attune/trainer';
import type { PolicyBatch, TrainedCompletion } from '../generations.ts';
import type { RLOOSettings } from './rloo.config.ts';

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

/** The log-probability of a completion at sampling; 0 for one that does not train, whose sum now is 0 too. */
const oldSum = ({ trained, oldLogps }: TrainedCompletion): number => (trained ? sum(oldLogps!) : 0);

/** The loss over a micro-batch: the clipped one, of whole completions. */
export function rlooLoss(args: RLOOSettings): Loss<PolicyBatch, RowSizes> {
  const { temperature, gradientCheckpointing, epsilon } = args;
  const epsilonHigh = args.epsilonHigh ?? epsilon;
  return {
    sizes: ({ sequences }) => rowSizes(sequences),

    record(graph, sizes, policy, training) {
      const rows = rowInputs(graph, policy, sizes, ({ batch }) => batch.sequences);
      const checkpoint = training && gradientCheckpointing;
      const { logps, entropy } = predictedLogps(graph, policy, rows, { checkpoint, temperature });
      graph.output('entropy', entropy);
      const completions = completionInputs(graph, rows);
      const trained = ({ batch }: { batch: PolicyBatch }, row: number) =>
        batch.completions[row]!.trained ? 1 : 0;
      const sums = completionLogps(graph, rows, logps, completions, trained);
      graph.output('sums', sums);
      const each = (name: string, of: (row: TrainedCompletion) => number) =>
        graph.input(name, [sizes.rows], ({ batch }) => Float32Array.from(batch.completions, of));
      const inputs = {
        logps: sums,
        oldLogps: each('oldSums', oldSum),
        advantages: each('advantages', ({ advantage }) => advantage),
        mask: each('ones', () => 1),
        scale: graph.input('scale', [1], ({ batch, share }) =>
          Float32Array.of(1 / (batch.rows * share.microBatches)),
        ),
      };
      return graph.apply(ppoClip, inputs, { epsilonLow: epsilon, epsilonHigh }).loss;
    },

    metrics(outputs, { batch: { completions, sequences, metrics } }) {
      const sums = outputs.sums as Float32Array;
      const parts = rowParts(sequences, outputs.entropy as Float32Array).filter(
        (_, r) => completions[r]!.trained,
      );
      const tokens = sum(parts.map(({ length }) => length));
      const ratios = completions.map((row, r) => Math.exp(sums[r]! - Math.fround(oldSum(row))));
      const low = completions.map(({ advantage }, r) =>
        ratios[r]! < 1 - epsilon && advantage < 0 ? 1 : 0,
      );
      const up = completions.map(({ advantage }, r) =>
        ratios[r]! > 1 + epsilonHigh && advantage > 0 ? 1 : 0,
      );
      const rows = completions.length;
      return {
        loss: outputs.loss![0]!,
        ...metrics,
        entropy: sum(parts.map(sum)) / Math.max(1, tokens),
        'clip_ratio/low_mean': sum(low) / rows,
        'clip_ratio/low_min': Math.min(...low),
        'clip_ratio/high_mean': sum(up) / rows,
        'clip_ratio/high_max': Math.max(...up),
        'clip_ratio/region_mean': (sum(low) + sum(up)) / rows,
      };
    },
  };
}
