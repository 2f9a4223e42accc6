import { AttuneError } from '@attune/gpu';
import {
  activate,
  add,
  gelu,
  layerNorm,
  matmul,
  randomNormals,
  randomUniforms,
  scale,
  type Tensor,
} from '@attune/kernels';
import { blueprintOf, type LinearInputs, type ModelConfig } from '@attune/model';
import type { Graph, TrainableTensor } from '@attune/plan';
import { badPeftConfig } from '../checks.ts';
import { decays, type TuningMethod } from '../method.ts';
import { bottleneckFiles } from './bottleneck-files.ts';
import { type BottleneckConfig, checkBottleneck, type NonLinearity } from './config.ts';

export interface BottleneckMethod extends TuningMethod {
  readonly kind: 'BOTTLENECK';
  readonly config: BottleneckConfig;
  /** AdapterHub's name of the adapter: it stands in the names of its tensors. */
  readonly adapterName: string;
}

/** PyTorch's default. */
const eps = 1e-5;

/**
 * Bottleneck adapters: small networks in the model's layers, f(h) = up(act(down(h))), added to the stream after a
 * frozen sublayer: x + a + f(h), a the sublayer's output. h is a (Houlsby), a + x (Pfeiffer) or x (parallel).
 * @throws AttuneError `bad-peft-config`
 * @see Houlsby et al. 2019, https://arxiv.org/abs/1902.00751; Pfeiffer et al. 2020, https://arxiv.org/abs/2005.00247;
 * He et al. 2021, https://arxiv.org/abs/2110.04366
 */
export function bottleneckTuning(
  model: ModelConfig,
  config: BottleneckConfig,
  { name = 'attune', seed = 42 }: { name?: string; seed?: number } = {},
): BottleneckMethod {
  checkBottleneck(config);
  if (!/^[\w-]+$/.test(name)) throw badPeftConfig('adapter_name', name, 'letters, digits, _ and -');
  const places = new Map<string, string>();
  for (const [layer, { path, attention, feedForward }] of blueprintOf(model).blocks.entries()) {
    if (config.leaveOut.includes(layer)) continue;
    if (attention.after || feedForward.after) {
      throw new AttuneError(
        'unsupported-config',
        `Bottleneck adapters stand between a sublayer and the stream, where a ${model.modelType} model has a norm.`,
        'Use another method for this model, such as LoRA.',
      );
    }
    const [one, two] = [`${path}.attention_adapters`, `${path}.output_adapters`];
    if (config.mhAdapter) places.set(attention.output.path, `${one}.adapters.${name}`);
    if (config.outputAdapter) places.set(feedForward.output.path, `${two}.adapters.${name}`);
  }
  const width = model.hiddenSize;
  const narrow = Math.max(1, Math.floor(width / config.reductionFactor));
  const tensors = [...places.values()].flatMap((path) =>
    adapterTensors(path, config, width, narrow),
  );
  const order = new Map(tensors.map(({ name, shape }, i) => [name, { shape, stream: i }]));
  return {
    kind: 'BOTTLENECK',
    config,
    adapterName: name,
    tensors,
    replaces: () => false,
    joins: () => true,
    stacks: () => [],
    async initial(name) {
      const { shape, stream } = order.get(name)!;
      return initialTensor(name, shape, config.initWeights, { seed, stream });
    },
    tuning: (trainable, options) => ({
      linear(graph, path, inputs) {
        const place = places.get(path);
        if (!place || !inputs.residual) return undefined;
        const tensor = (name: string) => trainable.tensor(graph, `${place}.${name}`, options)!;
        return adapted(graph, config, { ...inputs, residual: inputs.residual }, tensor);
      },
    }),
    save: (values, options) => bottleneckFiles({ model, config, name, tensors }, values, options),
  };
}

function adapterTensors(
  path: string,
  { lnBefore, lnAfter }: BottleneckConfig,
  width: number,
  narrow: number,
): TrainableTensor[] {
  const tensor = (name: string, shape: number[]) => {
    return { name: `${path}.${name}`, shape, decay: decays(name) };
  };
  const norm = (name: string) => [
    tensor(`${name}.weight`, [width]),
    tensor(`${name}.bias`, [width]),
  ];
  // PyTorch counts the norm before among the parts of adapter_down.
  const down = `adapter_down.${lnBefore ? 1 : 0}`;
  return [
    ...(lnBefore ? norm('adapter_norm_before') : []),
    tensor(`${down}.weight`, [narrow, width]),
    tensor(`${down}.bias`, [narrow]),
    tensor('adapter_up.weight', [width, narrow]),
    tensor('adapter_up.bias', [width]),
    ...(lnAfter ? norm('adapter_norm_after') : []),
  ];
}

/** x + a + f(h) for the sublayer whose last linear layer and stream `inputs` are. */
function adapted(
  graph: Graph,
  config: BottleneckConfig,
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

function activated(graph: Graph, x: Tensor, kind: NonLinearity): Tensor {
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

function initialTensor(
  name: string,
  shape: readonly number[],
  init: BottleneckConfig['initWeights'],
  { seed, stream }: { seed: number; stream: number },
): Float32Array {
  const count = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 1) return new Float32Array(count).fill(name.endsWith('.weight') ? 1 : 0);
  if (init === 'bert') return randomNormals(count, seed, stream).map((value) => 0.02 * value);
  if (init === 'houlsby') {
    return truncatedNormals(count, seed, stream).map((value) => 0.01 * value);
  }
  if (name.includes('adapter_up')) return new Float32Array(count);
  const bound = 1 / Math.sqrt(shape[1]!);
  return randomUniforms(count, seed, stream).map((value) => (2 * value - 1) * bound);
}

/** Normal numbers within two deviations: those beyond are drawn again. */
function truncatedNormals(count: number, seed: number, stream: number): Float32Array {
  const kept = new Float32Array(count);
  let found = 0;
  for (let round = 0; found < count; round++) {
    for (const value of randomNormals(count, seed, stream + round * 0x10000)) {
      if (Math.abs(value) <= 2 && found < count) kept[found++] = value;
    }
  }
  return kept;
}
