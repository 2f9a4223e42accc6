import { ignored, type PairBatch } from '@attune/data';
import { columnMean, matmul, nll, type Tensor } from '@attune/kernels';
import type { LabelledRows, Network } from '@attune/model';
import type { Graph, InputData, Values } from '@attune/plan';
import {
  type AnswerSizes,
  answerInputs,
  answerLogps,
  answerValues,
  fillPadding,
  withPadding,
} from './answers.ts';

/** Which of the chosen rows' tokens the likelihood term is of. */
export type LikelihoodOf = 'answer' | 'row';

/** A batch as ORPO and CPO read it: padding is computed too, since their logged logits are means over it. */
export function paddedRows(batch: PairBatch, of: LikelihoodOf): LabelledRows {
  const flat = withPadding(batch);
  if (of === 'answer') return flat;
  const labels = flat.labels.slice();
  for (let i = 0; i < batch.pairs * batch.length; i++) {
    if (i % batch.length !== 0 && batch.attentionMask[i]) labels[i] = batch.inputIds[i]!;
  }
  return { ...flat, labels };
}

/** The forward pass of both answers, and the mean logits of every position as an output. */
export function answersOf(
  graph: Graph,
  network: Network,
  sizes: AnswerSizes,
  checkpoint: boolean,
): { logps: Tensor; tokenLogps: Tensor } {
  const inputs = answerInputs(graph, network, sizes);
  const { hidden, tokens, logps } = answerLogps(graph, network, inputs, { checkpoint });
  const mean = graph.apply(columnMean, { x: network.outputWeight(graph) }, {}).y;
  const weight = graph.reshape(mean, [1, mean.shape[0]!]);
  const logits = graph.apply(matmul, { x: hidden, weight }, { transposeWeight: true }).y;
  graph.output('logits', logits);
  return { logps, tokenLogps: tokens.logps };
}

/** The mean negative log-likelihood of the chosen rows' tokens. */
export function likelihoodLoss(graph: Graph, logps: Tensor): Tensor {
  const weights = graph.input('likelihood', logps.shape);
  const { loss, metrics } = graph.apply(
    nll,
    { logps, weights, scale: graph.input('likelihood scale', [1]) },
    {},
  );
  graph.output('nll', metrics);
  return loss;
}

/** The values of `answersOf`, the pair loss and `likelihoodLoss`. */
export function pairValues(
  batch: PairBatch,
  sizes: AnswerSizes,
  microBatches: number,
  { likelihoodOf, average }: { likelihoodOf: LikelihoodOf; average: boolean },
): Record<string, InputData> {
  const { pairs, lengths } = batch;
  const flat = paddedRows(batch, likelihoodOf);
  const weightOf = (row: number) => (average ? 1 / lengths[row]! : 1);
  const values = answerValues(flat, sizes, lengths, { weightOf });
  fillPadding(values, batch);
  let tokens = 0;
  for (const label of flat.labels.subarray(0, pairs * batch.length)) {
    if (label !== ignored) tokens++;
  }
  return {
    ...values,
    lengths: Float32Array.from(lengths),
    scale: Float32Array.of(1 / (pairs * microBatches)),
    likelihood: new Float32Array(sizes.count).fill(1, 0, tokens),
    'likelihood scale': Float32Array.of(1 / (tokens * microBatches)),
  };
}

/** TRL's `logits/*`: means over every position of each side, padding included; `without` positions at the end. */
export function meanLogits(outputs: Values, batch: PairBatch, without: number) {
  const { pairs, length } = batch;
  const side = (from: number) => {
    let sum = 0;
    for (let row = from; row < from + pairs; row++) {
      for (let t = 0; t < length - without; t++) sum += outputs.logits![row * length + t]!;
    }
    return sum / (pairs * (length - without));
  };
  return { 'logits/rejected': side(pairs), 'logits/chosen': side(0) };
}

/** The logged mean of `likelihoodLoss`. */
export function likelihood(outputs: Values): number {
  const [tokens, sum] = outputs.nll as unknown as [number, number];
  return sum / tokens;
}
