import { AttuneError } from '@attune/gpu';
import {
  accumulate,
  add,
  type Dtype,
  type KernelTraits,
  type Operation,
  Recording,
  type Shape,
  type Tensor,
  type Tensors,
} from '@attune/kernels';
import { Tangents } from './tangents.ts';

/** One applied operation, kept so that its gradient can be recorded. */
interface TapeEntry {
  readonly name: string;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  /** Records the gradients of `inputs` from those of `outputs`. */
  backward(
    gradients: Record<string, Tensor | undefined>,
    needs: Record<string, boolean>,
    into: Record<string, Tensor>,
    plus: Record<string, Tensor>,
  ): Tensors;
  readonly accumulates: readonly string[];
  readonly sums: readonly string[];
}

export type Kind = 'input' | 'resident';

/** What the CPU writes into an input. */
export type InputData = Float32Array | Uint32Array | Int32Array;

/** Makes an input's values from what a run is fed with: a batch, say. */
export type Fill<F> = (feed: F) => InputData;

/** A function of a run's feed that several inputs share: computed once for each feed. */
export function perFeed<F, T>(of: (feed: F) => T): (feed: F) => T {
  let last: { readonly feed: F; readonly value: T } | undefined;
  return (feed) => {
    if (last?.feed !== feed) last = { feed, value: of(feed) };
    return last.value;
  };
}

/**
 * A step written down: tensors and calls of a `Recording`, plus what lives outside the step
 * (inputs written by the CPU, resident tensors in a `Store`), what is read back, and the tape
 * from which gradients are recorded. Pure TypeScript: no GPU is touched. `F` is what a run is fed
 * with, where inputs say themselves how they are filled.
 */
// biome-ignore lint/suspicious/noExplicitAny: a graph of any feed serves where inputs are not filled
export class Graph<F = any> extends Recording {
  readonly kinds = new Map<Tensor, Kind>();
  readonly outputs = new Map<string, Tensor>();
  /** How inputs are filled, those that say so. */
  readonly fills = new Map<Tensor, Fill<F>>();
  /** Resident tensors by name, so that asking twice gives the same tensor. */
  readonly #residents = new Map<string, Tensor>();
  readonly #targets = new Map<Tensor, Tensor>();
  readonly #differentiable = new Set<Tensor>();
  readonly #tangents = new Tangents();
  #tape: TapeEntry[] = [];

  constructor(traits: KernelTraits) {
    super(traits);
  }

  /**
   * A tensor that the CPU writes before each run: with what `fill` makes of the run's feed, or without
   * it with what the caller of `Executor.run` gives under its name.
   * @example const labels = graph.input('labels', [rows], ({ batch }) => batch.labels);
   */
  input(name: string, shape: Shape, fill: Fill<F>, dtype?: Dtype): Tensor;
  input(name: string, shape: Shape, dtype?: Dtype): Tensor;
  input(name: string, shape: Shape, how: Fill<F> | Dtype = 'f32', dtype: Dtype = 'f32'): Tensor {
    const tensor = this.tensor(name, shape, typeof how === 'string' ? how : dtype);
    this.kinds.set(tensor, 'input');
    if (typeof how !== 'string') this.fills.set(tensor, how);
    return tensor;
  }

  /** A tensor that stays in the `Store` between runs and plans: a weight, a state. */
  resident(name: string, shape: Shape, dtype: Dtype = 'f32'): Tensor {
    let tensor = this.#residents.get(name);
    if (!tensor) {
      tensor = this.tensor(name, shape, dtype);
      this.kinds.set(tensor, 'resident');
      this.#residents.set(name, tensor);
    }
    return tensor;
  }

  /** Marks `tensor` as trained: `backward` adds its gradient into `target`. */
  train(tensor: Tensor, target: Tensor): void {
    this.#targets.set(tensor, target);
    this.#differentiable.add(tensor);
  }

  /** Where `backward` adds the gradient of a trained tensor; undefined for any other. */
  gradientTarget(tensor: Tensor): Tensor | undefined {
    return this.#targets.get(tensor);
  }

  /**
   * Says that `tensor` moves by `tangent` (of its shape). What is computed of it from then on by `apply` moves too, as
   * `tangentOf` tells: a Jacobian-vector product, recorded beside the forward pass.
   */
  setTangent(tensor: Tensor, tangent: Tensor): void {
    this.#tangents.set(tensor, tangent);
  }

  /** How `tensor` moves; undefined where it does not. @throws AttuneError `no-tangent` */
  tangentOf(tensor: Tensor): Tensor | undefined {
    return this.#tangents.get(tensor);
  }

  /** Keeps `tensor` until the end of the run, to be read back under `name`. */
  output(name: string, tensor: Tensor): void {
    this.outputs.set(name, tensor);
  }

  /** Applies an operation and puts it on the tape. */
  apply<I extends Tensors, O extends Tensors, A>(op: Operation<I, O, A>, inputs: I, options: A): O {
    const outputs = op.forward(this, inputs, options);
    this.#tangents.carry(this, op, { inputs, outputs, options });
    const differentiable = Object.entries(inputs).filter(
      ([name, t]) => t && this.#differentiable.has(t) && !op.byProducts?.includes(name),
    );
    if (differentiable.length === 0) return outputs;
    this.#push(outputs, {
      name: op.name,
      inputs,
      outputs,
      accumulates: op.accumulates ?? [],
      sums: op.sums ?? [],
      backward: (gradients, needs, into, plus) => {
        if (!op.backward) {
          throw new AttuneError(
            'no-gradient',
            `${op.name} has no gradient, but the loss depends on its inputs.`,
            'Use it outside of what is trained.',
          );
        }
        return op.backward(this, {
          inputs,
          outputs,
          options,
          gradients: gradients as never,
          needs: needs as never,
          into: into as never,
          plus: plus as never,
        }) as Tensors;
      },
    });
    return outputs;
  }

  /** The same numbers under another shape. */
  reshape(x: Tensor, shape: Shape): Tensor {
    const y = this.view(x, shape);
    this.#tangents.reshape(x, y, (tangent) => this.view(tangent, shape));
    if (this.#differentiable.has(x)) {
      this.#push(
        { y },
        {
          name: 'reshape',
          inputs: { x },
          outputs: { y },
          accumulates: [],
          sums: [],
          backward: (gradients) => ({ x: this.view(gradients.y!, x.shape) }),
        },
      );
    }
    return y;
  }

  /**
   * Gradient checkpointing: what `block` computes inside is forgotten after the forward pass and
   * computed again when its gradient is wanted (Chen et al. 2016). Only inputs and outputs stay.
   */
  checkpoint<I extends Tensors, O extends Tensors>(inputs: I, block: (inputs: I) => O): O {
    const outer = this.#tape;
    this.#tape = [];
    const outputs = block(inputs);
    const touched = this.#tape.length > 0;
    this.#tape = outer;
    if (!touched) return outputs;
    this.#push(outputs, {
      name: 'checkpoint',
      inputs,
      outputs,
      accumulates: [],
      sums: [],
      backward: (gradients, needs) => {
        const kept = this.#tape;
        this.#tape = [];
        const again = block(inputs);
        const replay = this.#tape;
        this.#tape = kept;
        const found = new Map<Tensor, Tensor>();
        for (const [name, tensor] of Object.entries(again)) {
          const gradient = gradients[name];
          if (tensor && gradient) found.set(tensor, gradient);
        }
        this.#walk(replay, found);
        return Object.fromEntries(
          Object.entries(inputs).map(([name, t]) => [
            name,
            t && needs[name] ? found.get(t) : undefined,
          ]),
        );
      },
    });
    return outputs;
  }

  /** Records the gradient of the scalar `loss` by everything marked with `train`. */
  backward(loss: Tensor): void {
    const root = this.#tape.findLast((entry) => Object.values(entry.outputs).includes(loss));
    if (!root) {
      throw new AttuneError(
        'nothing-to-train',
        `The loss ${loss.name} depends on no trained tensor.`,
        'Choose what to train: full parameters, or target modules that exist in the model.',
      );
    }
    // A loss is a root: an absent gradient of `loss` stands for 1 (the losses' contract).
    this.#walk(this.#tape, new Map(), root);
    this.#tape = [];
  }

  /**
   * Records Jᵀu: the gradients of everything marked with `train`, from given `gradients` of tensors that depend on it.
   * A gradient that is already the tensor's target stands there as it is.
   */
  backwardFrom(gradients: Iterable<readonly [Tensor, Tensor]>): void {
    const found = new Map<Tensor, Tensor>();
    for (const [tensor, gradient] of gradients) {
      if (!this.#differentiable.has(tensor)) {
        throw new AttuneError(
          'nothing-to-train',
          `${tensor.name} was given a gradient, but depends on no trained tensor.`,
          'Choose what to train: full parameters, or target modules that exist in the model.',
        );
      }
      this.#add(found, tensor, gradient);
    }
    this.#walk(this.#tape, found);
    this.#tape = [];
  }

  #push(outputs: Tensors, entry: TapeEntry): void {
    this.#tape.push(entry);
    for (const tensor of Object.values(outputs)) if (tensor) this.#differentiable.add(tensor);
  }

  #walk(tape: readonly TapeEntry[], found: Map<Tensor, Tensor>, root?: TapeEntry): void {
    for (const entry of tape.toReversed()) {
      const gradients: Record<string, Tensor | undefined> = {};
      for (const [name, tensor] of Object.entries(entry.outputs)) {
        const gradient = tensor && found.get(tensor);
        if (gradient) gradients[name] = gradient;
      }
      if (entry !== root && Object.keys(gradients).length === 0) continue;
      const needs: Record<string, boolean> = {};
      const into: Record<string, Tensor> = {};
      // What other uses of an input gave it: added by the operation itself where it can.
      const plus: Record<string, Tensor> = {};
      for (const [name, tensor] of Object.entries(entry.inputs)) {
        if (!tensor || !this.#differentiable.has(tensor)) continue;
        needs[name] = true;
        const target = this.#targets.get(tensor);
        const earlier = found.get(tensor);
        if (target && entry.accumulates.includes(name)) into[name] = target;
        const once = Object.values(entry.inputs).filter((other) => other === tensor).length === 1;
        if (!target && earlier && once && entry.sums.includes(name)) plus[name] = earlier;
      }
      const results = entry.backward(gradients, needs, into, plus);
      for (const [name, gradient] of Object.entries(results)) {
        const tensor = entry.inputs[name];
        if (!gradient || !tensor || !needs[name]) continue;
        if (plus[name]) found.set(tensor, gradient);
        else this.#add(found, tensor, gradient);
      }
    }
  }

  #add(found: Map<Tensor, Tensor>, tensor: Tensor, gradient: Tensor): void {
    const target = this.#targets.get(tensor);
    if (target) {
      if (gradient !== target) accumulate(this, target, gradient);
      return;
    }
    const earlier = found.get(tensor);
    if (!earlier) {
      found.set(tensor, gradient);
      return;
    }
    if (earlier === gradient) return; // both sides of a checkpoint name the same sum
    found.set(tensor, this.sum(earlier, gradient));
  }

  /** a + b as a new tensor, outside the tape. */
  sum(a: Tensor, b: Tensor): Tensor {
    return add.forward(this, { a, b }, {}).y;
  }
}
