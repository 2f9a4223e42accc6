import { layerNorm, rmsNorm, type Tensor } from '@attune/kernels';
import type { Graph } from '@attune/plan';
import type { Norm } from '../families/blueprint.ts';
import type { Network, Reading } from './network.ts';

/** A norm of x, recorded when it is read: it can make a low-rank product by the way. */
export function normReading(graph: Graph, network: Network, norm: Norm, x: Tensor): Reading {
  const { path, eps, offset, type } = norm;
  const weight = network.weight(graph, `${path}.weight`);
  if (type === 'layer') {
    const bias = network.weight(graph, `${path}.bias`);
    return () => graph.apply(layerNorm, { x, weight, bias }, { eps });
  }
  return (low) =>
    graph.apply(
      rmsNorm,
      { x, weight, ...(low && { a: low.a }) },
      { eps, ...(offset !== 0 && { offset }), ...(low && { scale: low.scale }) },
    );
}

/** A tensor that is there already. */
export const ready =
  (y: Tensor): Reading =>
  () => ({ y });
