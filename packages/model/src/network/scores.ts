import { AttuneError } from '@attune/gpu';
import { embedding, matmul, type Tensor } from '@attune/kernels';
import type { Graph } from '@attune/plan';
import type { ModelConfig } from '../config/config.ts';
import type { TokenRows } from './batch.ts';
import type { Network } from './network.ts';

/**
 * Whether a model can be a reward or value model: one with a head of one score.
 * @throws AttuneError `missing-score-head`, `bad-score-head`
 */
export function requireScoreHead({ head, numLabels, architecture }: ModelConfig): void {
  if (head !== 'score') {
    throw new AttuneError(
      'missing-score-head',
      `${architecture} has no score head: it is a language model.`,
      'Use a reward model, or give this one a head with scoreModel(model, …).',
    );
  }
  if (numLabels !== 1) {
    throw new AttuneError(
      'bad-score-head',
      `The score head has ${numLabels} outputs; a reward or value model has 1.`,
      'Use a model of one label (num_labels: 1).',
    );
  }
}

/**
 * The score head at every token: hidden states [tokens, hidden] to values [tokens]. This is a value
 * model, made from the policy's or the reward model's weights.
 * @throws AttuneError `missing-score-head`, `bad-score-head`
 */
export function tokenScores(graph: Graph, network: Network, hidden: Tensor): Tensor {
  requireScoreHead(network.config);
  const weight = network.weight(graph, 'score.weight');
  const scores = graph.apply(matmul, { x: hidden, weight }, { transposeWeight: true }).y;
  return graph.reshape(scores, [hidden.shape[0]!]);
}

/** The score [rows] of each sequence: the head on the hidden state at `last` (i32 [rows]), its last real token. */
export function rowScores(graph: Graph, network: Network, hidden: Tensor, last: Tensor): Tensor {
  const states = graph.apply(embedding, { table: hidden, ids: last }, {}).y;
  return tokenScores(graph, network, states);
}

/**
 * Where each document of a batch is judged: the index of its last token that is not padding. As in
 * transformers padding is known by its id, so where `padTokenId` also ends texts, that last token is
 * passed over too; a document of nothing else is judged at its first token.
 */
export function lastTokens(batch: TokenRows, padTokenId: number | null): Int32Array {
  const last: number[] = [];
  for (let i = 0; i < batch.inputIds.length; i++) {
    const segment = batch.segmentIds[i]!;
    if (segment === 0) continue;
    const start = i % batch.length === 0 || batch.segmentIds[i - 1] !== segment;
    if (start) last.push(i);
    else if (batch.inputIds[i] !== padTokenId) last[last.length - 1] = i;
  }
  return Int32Array.from(last);
}
