import { AttuneError } from '@attune/gpu';
import { type Tensor, type TokenFisherOptions, tokenFisher } from '@attune/kernels';
import type { Graph } from './graph.ts';

export interface FisherInputs {
  /** [N, H] f32: the hidden state that predicts each token. */
  readonly hidden: Tensor;
  /** [V, H]: the output layer. */
  readonly weight: Tensor;
  /** [N] f32: 1 for a token that counts, 0 for any other, or any weight. */
  readonly mask: Tensor;
  /** [1] f32: for instance 1 / (tokens of the whole batch). */
  readonly scale: Tensor;
}

/**
 * Records a Fisher-vector product: adds F v to the gradients of what trains, v being the direction along which it moves
 * (`Graph.setTangent`), and returns ½ vᵀ F v, f32 [1]. F = scale · Σ mask · Jᵀ (diag(p) - p pᵀ) J over the tokens, J the
 * Jacobian of a token's logits: the Hessian, where the policy stands, of its divergence from where it stands.
 *
 * It is J v in forward mode, beside the forward pass; the softmax's own Fisher matrix, chunk by chunk; then Jᵀ by the
 * reverse mode that training has anyway. Nothing is approximated, and no operation is differentiated twice.
 * @see Schraudolph 2002, Fast Curvature Matrix-Vector Products for Second-Order Gradient Descent
 * @throws AttuneError `nothing-to-train` where the logits do not move, `no-tangent` where an operation has no rule
 */
export function fisherProduct(
  graph: Graph,
  { hidden, weight, mask, scale }: FisherInputs,
  options: TokenFisherOptions = {},
): Tensor {
  const hiddenTangent = graph.tangentOf(hidden);
  const weightTangent = graph.tangentOf(weight);
  if (!hiddenTangent && !weightTangent) {
    throw new AttuneError(
      'nothing-to-train',
      `Neither ${hidden.name} nor ${weight.name} moves: there is no direction to take the Fisher product of.`,
      'Use trained tensors with `tangent: true` in this graph.',
    );
  }
  const inputs = {
    ...{ hidden, weight, mask, scale },
    ...(hiddenTangent && { hiddenTangent }),
    ...(weightTangent && { weightTangent }),
  };
  const outputs = tokenFisher.forward(graph, inputs, options);
  const target = graph.gradientTarget(weight);
  const found = tokenFisher.backward!(graph, {
    ...{ inputs, outputs, options },
    gradients: {},
    needs: {
      hiddenTangent: hiddenTangent !== undefined,
      weightTangent: weightTangent !== undefined,
    },
    into: { ...(weightTangent && target && { weightTangent: target }) },
  });
  const gradients: [Tensor, Tensor][] = [];
  if (found.hiddenTangent) gradients.push([hidden, found.hiddenTangent]);
  if (found.weightTangent) gradients.push([weight, found.weightTangent]);
  graph.backwardFrom(gradients);
  return outputs.energy;
}
