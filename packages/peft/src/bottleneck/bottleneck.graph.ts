import { activate, add, gelu, layerNorm, matmul, scale, type Tensor } from '@attune/kernels';
import type { LinearInputs } from '@attune/model';
import type { Graph } from '@attune/plan';
import type { BottleneckSettings, NonLinearity } from './bottleneck.config.ts';

/** PyTorch's default. */
const eps = 1e-5;

/** x + a + f(h) for the sublayer whose last linear layer and stream `inputs` are. */
export function adapted(
  graph: Graph,
  config: BottleneckSettings,
  { read, residual: x, ...layer }: LinearInputs & { residual: Tensor },
  tensor: (name: string) => Tensor,
): Tensor {
  const { isParallel, originalLnBefore, lnBefore, lnAfter, adapterResidualBeforeLn, scaling } =
    config;
  const plus = (a: Tensor, b: Tensor) => graph.apply(add, { a, b }, {}).y;
  const norm = (h: Tensor, name: string) =>
    graph.apply(
      layerNorm,
      { x: h, weight: tensor(`${name}.weight`), bias: tensor(`${name}.bias`) },
      { eps },
    ).y;
  const linear = (h: Tensor, name: string, residual?: Tensor) => {
    const inputs = { x: h, weight: tensor(`${name}.weight`), bias: tensor(`${name}.bias`) };
    const all = { ...inputs, ...(residual && { residual }) };
    return graph.apply(matmul, all, { transposeWeight: true }).y;
  };
  const a = graph.apply(matmul, { x: read().y, ...layer }, { transposeWeight: true }).y;
  const stream = plus(a, x);
  let h = isParallel ? x : originalLnBefore ? stream : a;
  if (lnBefore) h = norm(h, 'adapter_norm_before');
  const inner = activated(
    graph,
    linear(h, `adapter_down.${lnBefore ? 1 : 0}`),
    config.nonLinearity,
  );
  if (scaling === 1 && !lnAfter) return linear(inner, 'adapter_up', stream);
  const up = linear(inner, 'adapter_up');
  const f = scaling === 1 ? up : graph.apply(scale, { x: up }, { factor: scaling }).y;
  if (!lnAfter) return plus(f, stream);
  // The norm may be of what the adapter adds, or of the layer's output with it; a parallel one has no such output.
  if (adapterResidualBeforeLn && !isParallel)
    return plus(norm(plus(f, a), 'adapter_norm_after'), x);
  return plus(norm(f, 'adapter_norm_after'), stream);
}

function activated(graph: Graph, x: Tensor, kind: NonLinearity | undefined): Tensor {
  switch (kind) {
    case 'gelu':
      return graph.apply(gelu, { x }, { approximate: 'none' }).y;
    case 'gelu_new':
      return graph.apply(gelu, { x }, { approximate: 'tanh' }).y;
    case 'relu':
    case 'tanh':
      return graph.apply(activate, { x }, { kind }).y;
    default:
      return graph.apply(activate, { x }, { kind: 'silu' }).y;
  }
}
