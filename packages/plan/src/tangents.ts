import { AttuneError } from '@attune/gpu';
import {
  expectShape,
  type Operation,
  type Recorder,
  type Tensor,
  type Tensors,
} from '@attune/kernels';

/**
 * Forward mode: how the tensors of a graph move along one direction, recorded as operations are applied. Beside each
 * tensor its tangent; a tensor without one does not move.
 */
export class Tangents {
  /** A tensor's tangent, or the name of the operation that has no rule for it. */
  readonly #of = new Map<Tensor, Tensor | string>();

  set(tensor: Tensor, tangent: Tensor): void {
    expectShape(`The tangent of ${tensor.name}`, tangent.shape, tensor.shape);
    this.#of.set(tensor, tangent);
  }

  /** @throws AttuneError `no-tangent` where the direction runs through an operation without a rule */
  get(tensor: Tensor): Tensor | undefined {
    const found = this.#of.get(tensor);
    if (typeof found !== 'string') return found;
    throw new AttuneError(
      'no-tangent',
      `How ${tensor.name} moves was asked for, but ${found} has no forward-mode rule.`,
      'Train other tensors, or give the operation a `tangent`.',
    );
  }

  /** Gives `outputs` their tangents, where any input has one. */
  carry<I extends Tensors, O extends Tensors, A>(
    recorder: Recorder,
    op: Operation<I, O, A>,
    context: { readonly inputs: I; readonly outputs: O; readonly options: A },
  ): void {
    if (this.#of.size === 0) return;
    const tangents: Record<string, Tensor> = {};
    let missing = op.tangent ? undefined : op.name;
    let moves = false;
    for (const [name, tensor] of Object.entries(context.inputs)) {
      const tangent = tensor && !op.byProducts?.includes(name) && this.#of.get(tensor);
      if (!tangent) continue;
      moves = true;
      if (typeof tangent === 'string') missing = tangent;
      else tangents[name] = tangent;
    }
    if (!moves) return;
    if (missing !== undefined) {
      for (const tensor of Object.values(context.outputs)) {
        if (tensor) this.#of.set(tensor, missing);
      }
      return;
    }
    const found = op.tangent!(recorder, { ...context, tangents: tangents as never });
    for (const [name, tangent] of Object.entries(found)) {
      const tensor = context.outputs[name];
      if (tensor && tangent) this.#of.set(tensor, tangent);
    }
  }

  /** The tangent of `y`, the same numbers as `x` under another shape. */
  reshape(x: Tensor, y: Tensor, view: (tangent: Tensor) => Tensor): void {
    const tangent = this.#of.get(x);
    if (tangent) this.#of.set(y, typeof tangent === 'string' ? tangent : view(tangent));
  }
}
