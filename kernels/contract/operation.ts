import { AttuneError } from '@attune/gpu';
import type { Recorder } from './recorder.ts';
import type { HostArray, Shape, Tensor } from './tensor.ts';

export type Tensors = Readonly<Record<string, Tensor | undefined>>;
export type HostArrays = Record<string, HostArray>;

/** What an operation's gradient is given. */
export interface Backward<I extends Tensors, O extends Tensors, A> {
  readonly inputs: I;
  /** What `forward` returned, saved statistics included. */
  readonly outputs: O;
  readonly options: A;
  /** The loss's gradient by each differentiable output; absent where nothing depends on it. */
  readonly gradients: { readonly [name in keyof O]?: Tensor };
  /** Which inputs want a gradient. */
  readonly needs: { readonly [name in keyof I]?: boolean };
  /** Only for names in `accumulates`: add the gradient into this tensor and return this tensor. */
  readonly into: { readonly [name in keyof I]?: Tensor };
  /** Only for names in `sums`: return the gradient and this tensor's numbers, added, in a tensor of their own. */
  readonly plus?: { readonly [name in keyof I]?: Tensor };
}

/** What an operation's forward-mode rule is given. */
export interface Tangent<I extends Tensors, O extends Tensors, A> {
  readonly inputs: I;
  /** What `forward` returned, saved statistics included. */
  readonly outputs: O;
  readonly options: A;
  /** How each input moves along the direction of differentiation; absent where it does not. At least one is there. */
  readonly tangents: { readonly [name in keyof I]?: Tensor };
}

/**
 * One operation: shapes checked, forward recorded, gradient recorded, and its float64 truth.
 *
 * `reference.forward` takes the same inputs as host arrays (any number type) and returns all
 * differentiable outputs as Float64Array; `reference.backward` takes the inputs and the gradients of
 * those outputs and returns the gradients of the inputs.
 */
export interface Operation<I extends Tensors, O extends Tensors, A> {
  readonly name: string;
  forward(recorder: Recorder, inputs: I, options: A): O;
  backward?(
    recorder: Recorder,
    context: Backward<I, O, A>,
  ): { readonly [name in keyof I]?: Tensor };
  /**
   * Forward mode: how the outputs move where the inputs move by `tangents` (a Jacobian-vector product). An output
   * that is left out does not move, or is a by-product that nobody differentiates.
   */
  tangent?(recorder: Recorder, context: Tangent<I, O, A>): { readonly [name in keyof O]?: Tensor };
  /** Inputs for which `backward` can add into an existing gradient (`into`). */
  readonly accumulates?: readonly (keyof I & string)[];
  /** Inputs to whose gradient `backward` can add that of the input's other uses (`plus`). */
  readonly sums?: readonly (keyof I & string)[];
  /** Inputs that only serve a by-product: whoever uses that answers for their gradients. */
  readonly byProducts?: readonly (keyof I & string)[];
  readonly reference: {
    forward(inputs: HostArrays, options: A): HostArrays;
    backward?(inputs: HostArrays, gradients: HostArrays, options: A): HostArrays;
  };
}

/** Types an operation by its parts. */
export function operation<I extends Tensors, O extends Tensors, A>(
  definition: Operation<I, O, A>,
): Operation<I, O, A> {
  return definition;
}

/** Throws `wrong-shape` unless `actual` equals `expected`; -1 in `expected` stands for any size. */
export function expectShape(what: string, actual: Shape, expected: Shape): void {
  if (actual.length === expected.length && expected.every((n, i) => n === -1 || n === actual[i])) {
    return;
  }
  throw new AttuneError(
    'wrong-shape',
    `${what} has shape [${actual}]; expected [${expected.map((n) => (n === -1 ? '·' : n))}].`,
    'Check the order of the arguments and their sizes.',
  );
}
