import {
  activate,
  activateReference,
  type HostArray,
  type HostArrays,
  join,
  joinReference,
  lstm,
  lstmReference,
  matmul,
  matmulReference,
  randomNormals,
  randomUniforms,
  type Shape,
  type Tensor,
} from '@attune/kernels';
import type { Graph } from '@attune/plan';

/** Names in memory, as PEFT has them: what trains is an encoder of virtual tokens. */
export const encoderPrefix = 'prompt_encoder.default.';

/** A linear layer, a recurrent layer or a function of the encoder, in order. */
export type EncoderPart =
  | { readonly kind: 'linear'; readonly path: string; readonly in: number; readonly out: number }
  | { readonly kind: 'lstm'; readonly layer: number; readonly in: number; readonly hidden: number }
  | { readonly kind: 'relu' | 'tanh' };

/** How virtual tokens are made: an embedding of each, and parts that all of them run through. */
export interface Encoder {
  readonly count: number;
  /** Width of the embedding. */
  readonly width: number;
  readonly parts: readonly EncoderPart[];
}

/** What trains, in the order of PyTorch's state. */
export function encoderTensors({ count, width, parts }: Encoder): { name: string; shape: Shape }[] {
  const found: { name: string; shape: Shape }[] = [
    { name: `${encoderPrefix}embedding.weight`, shape: [count, width] },
  ];
  const add = (path: string, shape: Shape) => found.push({ name: encoderPrefix + path, shape });
  for (const part of parts) {
    if (part.kind === 'linear') {
      add(`${part.path}.weight`, [part.out, part.in]);
      add(`${part.path}.bias`, [part.out]);
    }
    if (part.kind === 'lstm') {
      for (const end of directions(part)) {
        add(`lstm_head.weight_ih_${end}`, [4 * part.hidden, part.in]);
        add(`lstm_head.weight_hh_${end}`, [4 * part.hidden, part.hidden]);
        add(`lstm_head.bias_ih_${end}`, [4 * part.hidden]);
        add(`lstm_head.bias_hh_${end}`, [4 * part.hidden]);
      }
    }
  }
  return found;
}

const directions = ({ layer }: { layer: number }) => [`l${layer}`, `l${layer}_reverse`] as const;

/** The start as PyTorch makes it: a normal embedding, the rest uniform within 1 / √inputs (of an LSTM: 1 / √units). */
export function initialPart(encoder: Encoder, name: string, seed: number): Float32Array {
  const tensors = encoderTensors(encoder);
  const stream = tensors.findIndex((tensor) => tensor.name === name);
  const count = tensors[stream]!.shape.reduce((a, b) => a * b, 1);
  if (stream === 0) return randomNormals(count, seed, stream);
  const path = name.slice(encoderPrefix.length);
  const part = encoder.parts.find((part) =>
    part.kind === 'linear'
      ? path.startsWith(`${part.path}.`)
      : part.kind === 'lstm' && /^lstm/.test(path),
  );
  const fan = part?.kind === 'lstm' ? part.hidden : (part as { in: number }).in;
  return randomUniforms(count, seed, stream).map((value) => (2 * value - 1) / Math.sqrt(fan));
}

/** The virtual tokens [count, out] in a graph; `tensor` gives what trains by its name. */
export function encodeTokens(
  graph: Graph,
  { parts }: Encoder,
  tensor: (name: string) => Tensor,
): Tensor {
  const own = (path: string) => tensor(encoderPrefix + path);
  const linear = (x: Tensor, weight: string, bias: string) =>
    graph.apply(matmul, { x, weight: own(weight), bias: own(bias) }, { transposeWeight: true }).y;
  let x = own('embedding.weight');
  for (const part of parts) {
    if (part.kind === 'linear') x = linear(x, `${part.path}.weight`, `${part.path}.bias`);
    else if (part.kind === 'lstm') {
      const [a, b] = directions(part).map((end, i) => {
        const gates = linear(x, `lstm_head.weight_ih_${end}`, `lstm_head.bias_ih_${end}`);
        const state = {
          weight: own(`lstm_head.weight_hh_${end}`),
          bias: own(`lstm_head.bias_hh_${end}`),
        };
        return graph.apply(lstm, { gates, ...state }, { reverse: i === 1 }).y;
      });
      x = graph.apply(join, { a: a!, b: b! }, {}).y;
    } else x = graph.apply(activate, { x }, { kind: part.kind }).y;
  }
  return x;
}

/** The same in float64 on the CPU: what PEFT's file holds of an encoder. */
export function evaluateTokens(
  encoder: Encoder,
  values: ReadonlyMap<string, Float32Array>,
): Float32Array {
  const shapes = new Map(encoderTensors(encoder).map(({ name, shape }) => [name, shape]));
  const own = (path: string): HostArray => {
    const name = encoderPrefix + path;
    return { shape: shapes.get(name)!, data: values.get(name)! };
  };
  const linear = (x: HostArray, weight: string, bias: string) =>
    matmulReference.forward({ x, weight: own(weight), bias: own(bias) }, { transposeWeight: true })
      .y!;
  let x = own('embedding.weight');
  for (const part of encoder.parts) {
    if (part.kind === 'linear') x = linear(x, `${part.path}.weight`, `${part.path}.bias`);
    else if (part.kind === 'lstm') {
      const [a, b] = directions(part).map((end, i) => {
        const gates = linear(x, `lstm_head.weight_ih_${end}`, `lstm_head.bias_ih_${end}`);
        const state: HostArrays = {
          weight: own(`lstm_head.weight_hh_${end}`),
          bias: own(`lstm_head.bias_hh_${end}`),
        };
        return lstmReference.forward({ gates, ...state }, { reverse: i === 1 }).y!;
      });
      x = joinReference.forward({ a: a!, b: b! }).y!;
    } else x = activateReference.forward({ x }, { kind: part.kind }).y!;
  }
  return Float32Array.from(x.data);
}
