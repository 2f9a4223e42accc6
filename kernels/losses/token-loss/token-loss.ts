import {
  elementsInclude,
  expectShape,
  finiteInclude,
  type Includes,
  type Recorder,
  type Shader,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import backwardText from './token-loss.backward.wgsl';
import forwardText from './token-loss.forward.wgsl';
import totalsText from './token-loss.totals.wgsl';

const totalsSource = shader('token-loss.totals', totalsText);
const backwardSource = shader('token-loss.backward', backwardText, elementsInclude);

/** What every loss returns. */
export type LossOutputs = {
  /** [1] f32: what is minimised. */
  readonly loss: Tensor;
  /** [N] f32: dloss / dlogps, saved by the forward pass. */
  readonly gradient: Tensor;
  /** [k] f32: sums that are not scaled, in the order of the loss's metric names. */
  readonly metrics: Tensor;
};

/** The shader of a loss over tokens: LABEL.wgsl, which includes token-loss.forward.wgsl. */
export function tokenLossShader(label: string, text: string, includes: Includes = {}): Shader {
  return shader(label, text, {
    'token-loss.forward.wgsl': forwardText,
    ...finiteInclude,
    ...includes,
  });
}

export interface TokenLoss {
  readonly source: Shader;
  /** The inputs by their names in the shader, each [N]. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** [1] f32: multiplies loss and gradient, for instance 1 / (trained tokens of the step). */
  readonly scale: Tensor;
  /** Sums that the shader keeps; the first `metrics` of them are returned. */
  readonly columns: number;
  readonly metrics: number;
  /** The column which, times `scale`, is the loss. */
  readonly loss: number;
  /** The loss's own numbers, beside `count`. */
  readonly params?: Readonly<Record<string, number>>;
  /** Tensors of other shapes that the shader reads. */
  readonly others?: Readonly<Record<string, Tensor>>;
  readonly defines?: Readonly<Record<string, boolean>>;
}

/**
 * Records a loss over N tokens: the formula with its gradient in one dispatch, then its sums in rounds
 * of 256, always in the same order.
 */
export function recordTokenLoss(recorder: Recorder, spec: TokenLoss): LossOutputs {
  const { source, inputs, scale, columns, metrics: kept, loss: lossColumn } = spec;
  const { params = {}, others = {}, defines = {} } = spec;
  const count = Object.values(inputs)[0]!.shape[0]!;
  for (const tensor of Object.values(inputs)) expectShape(tensor.name, tensor.shape, [count]);
  expectShape(scale.name, scale.shape, [1]);
  const gradient = recorder.tensor('gradient', [count]);
  const groups = Math.ceil(count / 1024);
  let parts = recorder.tensor('parts', [64 * groups, columns]);
  recorder.dispatch(source, {
    tensors: { ...inputs, ...others, scale, gradient, parts },
    defines,
    params: { count, ...params },
    workgroups: groups,
  });
  let rows = 64 * groups;
  const numbers = { columns, loss: lossColumn, metrics: kept };
  while (rows > 256) {
    const next = Math.ceil(rows / 256);
    const totals = recorder.tensor('parts', [next, columns]);
    recorder.dispatch(totalsSource, {
      tensors: { parts, totals },
      params: { rows, ...numbers },
      workgroups: next * columns,
    });
    [parts, rows] = [totals, next];
  }
  const loss = recorder.tensor('loss', [1]);
  const metrics = recorder.tensor('metrics', [kept]);
  recorder.dispatch(totalsSource, {
    tensors: { parts, scale, loss, metrics },
    defines: { LAST: true },
    params: { rows, ...numbers },
    workgroups: columns,
  });
  return { loss, gradient, metrics };
}

/** The gradient of a loss by its log-probabilities: the saved one as it is at the root, else times dloss. */
export function recordTokenLossGradient(
  recorder: Recorder,
  { gradient }: LossOutputs,
  dloss?: Tensor,
): Tensor {
  if (!dloss) return gradient;
  expectShape(dloss.name, dloss.shape, [1]);
  const dlogps = recorder.tensor('dlogps', gradient.shape);
  const count = gradient.shape[0]!;
  recorder.dispatch(backwardSource, {
    tensors: { gradient, dloss, dlogps },
    params: { count },
    workgroups: Math.ceil(count / 64),
  });
  return dlogps;
}
