import { AttuneError } from '@attune/gpu';
import {
  type ConjugateGradientTensors,
  conjugateGradientState,
  type KernelTraits,
  mostKeptResiduals,
  recordConjugateGradientEnd,
  recordConjugateGradientNumbers,
  recordConjugateGradientStart,
  recordConjugateGradientStep,
  recordShift,
} from '@attune/kernels';
import { type Executor, Graph, type InputData, type Plan, type Trainable } from '@attune/plan';

export interface NaturalGradientOptions {
  /** Added to the Fisher matrix's diagonal. Default 0.1. */
  readonly damping?: number;
  /** Iterations of conjugate gradients, one Fisher-vector product each. Default 10. */
  readonly iterations?: number;
  /**
   * Bytes for earlier residuals, as many as fit up to one for each iteration: each new one is made orthogonal to them
   * again. In float32 conjugate gradients lose that by themselves, and with it up to percents of the solution. Default
   * 256 MiB, which holds all of LoRA's; 0: none.
   */
  readonly residualBytes?: number;
}

/** A plan whose run adds F·tangents into the gradients (`fisherProduct`), with its inputs: one for each micro-batch. */
export type FisherPlan = readonly [Plan, Readonly<Record<string, InputData>>];

/** What is known of a direction x that was solved for; norms are Euclidean, over all that trains. */
export interface NaturalDirection {
  /** x · (F + damping I) x: half of it times s² is the divergence that a step of s x is expected to have. */
  readonly curvature: number;
  readonly gradientNorm: number;
  readonly solutionNorm: number;
  /** |g - (F + damping I) x|: how far from solved. */
  readonly residualNorm: number;
}

const names = { state: 'conjugate gradients', kept: 'residuals' };

/** What is done between the products, by name. */
type Each<T> = Readonly<Record<'start' | 'step' | 'end' | 'numbers' | 'shift', T>>;

/**
 * The natural gradient: x with (F + damping I) x = -gradient, by conjugate gradients on Fisher-vector products, and
 * parameters moved along it from where they stood. All vectors stay on the GPU: four numbers are read back a solution.
 *
 * @example
 * const natural = await NaturalGradient.create(executor, trainable, { damping: 0.1, iterations: 10 });
 * await executor.run([[loss, batch]], { clear: trainable.residents('gradients') });
 * const { curvature } = await natural.solve([[fisher, batch]]);
 * await natural.move(Math.sqrt((2 * maxKl) / curvature)); // or back: await natural.move(0)
 * @see Schulman et al. 2015, https://arxiv.org/abs/1502.05477, appendix C
 */
export class NaturalGradient {
  readonly #executor: Executor;
  readonly #iterations: number;
  readonly #plans: Each<Plan>;

  private constructor(executor: Executor, iterations: number, plans: Each<Plan>) {
    this.#executor = executor;
    this.#iterations = iterations;
    this.#plans = plans;
  }

  /**
   * Makes the vectors (four of the size of what trains, beside parameters and gradients, and the residuals that are kept) and the plans. Plans with
   * `tangent: true` or `role: 'start'` can be compiled from then on. @throws AttuneError `bad-value`
   */
  static async create(
    executor: Executor,
    trainable: Trainable,
    { damping = 0.1, iterations = 10, residualBytes = 2 ** 28 }: NaturalGradientOptions = {},
  ): Promise<NaturalGradient> {
    if (!(damping >= 0) || !Number.isInteger(iterations) || iterations < 1) {
      throw new AttuneError(
        'bad-value',
        `The natural gradient was asked for with damping ${damping} and ${iterations} iterations.`,
        'Give a damping of at least 0, and a whole number of iterations from 1 on.',
      );
    }
    const { store, gpu } = executor;
    trainable.allocate(store, ['tangents', 'solution', 'residual', 'start']);
    const kept = keptResiduals(trainable, iterations, residualBytes, gpu.traits.maxStorageBinding);
    const { prefix } = trainable;
    store.create(`${prefix}${names.state}`, conjugateGradientState(kept), 'f32', 'optimizer');
    trainable.flats.forEach(({ size }, i) => {
      if (kept > 0) store.create(`${prefix}${names.kept}.${i}`, [kept, size], 'f32', 'optimizer');
    });
    const graphs = naturalGradientGraphs(gpu.traits, trainable, { damping, kept });
    const plans = Object.entries(graphs).map(
      async ([name, graph]) => [name, await executor.compile(graph)] as const,
    );
    return new NaturalGradient(
      executor,
      iterations,
      Object.fromEntries(await Promise.all(plans)) as never,
    );
  }

  /**
   * Solves for the direction, given the gradient of the loss (of all micro-batches) in the trainable's gradients, and
   * keeps the parameters as they are now as the start of `move`. The gradients are spent: they are no longer there
   * afterwards. @throws AttuneError `not-finite` where gradient or product hold NaN or infinity
   */
  async solve(products: readonly FisherPlan[]): Promise<NaturalDirection> {
    const { start, step, end, numbers } = this.#plans;
    const run = (plan: Plan, inputs: Readonly<Record<string, InputData>> = {}) =>
      this.#executor.run([[plan, inputs]], { readBack: false });
    // Micro-batches may share a plan, whose inputs are written at once for a whole run: a run each.
    const product = async () => {
      for (const each of products) await this.#executor.run([each], { readBack: false });
    };
    await run(start);
    for (let k = 0; k < this.#iterations; k++) {
      await product();
      await run(step, { iteration: Uint32Array.of(k) });
    }
    await run(end);
    await product();
    const found = (await this.#executor.run([[numbers, {}]])).numbers as Float32Array;
    const [curvature, solutionNorm, residualNorm, gradientNorm] = [...found] as [
      number,
      number,
      number,
      number,
    ];
    if (![...found].every(Number.isFinite)) {
      throw new AttuneError(
        'not-finite',
        `The natural gradient is not finite: gradient norm ${gradientNorm}, solution norm ${solutionNorm}, residual norm ${residualNorm}, curvature ${curvature}.`,
        'Look for NaN in rewards and advantages, or raise the damping.',
      );
    }
    return { curvature, gradientNorm, solutionNorm, residualNorm };
  }

  /** Sets the parameters to start + factor · x; a factor of 0 gives the start back, bit for bit. */
  async move(factor: number): Promise<void> {
    const inputs = { factor: Float32Array.of(factor) };
    await this.#executor.run([[this.#plans.shift, inputs]], { readBack: false });
  }

  destroy(): void {
    for (const plan of Object.values(this.#plans)) plan.destroy();
  }
}

/** How many earlier residuals fit into `bytes`, and into a binding each. */
export function keptResiduals(
  trainable: Trainable,
  iterations: number,
  bytes: number,
  maxBinding: number,
): number {
  const largest = Math.max(...trainable.flats.map(({ size }) => 4 * size));
  const fitting = Math.min(Math.floor(bytes / trainable.bytes), Math.floor(maxBinding / largest));
  return Math.min(iterations, mostKeptResiduals, fitting);
}

/** The plans of `NaturalGradient` as graphs: what they cost is known without a GPU. */
export function naturalGradientGraphs(
  traits: KernelTraits,
  trainable: Trainable,
  { damping, kept }: { readonly damping: number; readonly kept: number },
): Each<Graph> {
  const vectors = (graph: Graph): ConjugateGradientTensors => ({
    flats: trainable.flats.map((_, i) => ({
      product: trainable.flat(graph, 'gradients', i),
      direction: trainable.flat(graph, 'tangents', i),
      solution: trainable.flat(graph, 'solution', i),
      residual: trainable.flat(graph, 'residual', i),
      ...(kept > 0 && {
        kept: graph.resident(`${trainable.prefix}${names.kept}.${i}`, [
          kept,
          trainable.flats[i]!.size,
        ]),
      }),
    })),
    state: graph.resident(`${trainable.prefix}${names.state}`, conjugateGradientState(kept)),
  });
  const each = (record: (graph: Graph) => void) => {
    const graph = new Graph(traits);
    record(graph);
    return graph;
  };
  return {
    start: each((graph) => {
      const keep = trainable.flats.map((_, i) => ({
        parameters: trainable.flat(graph, 'parameters', i),
        start: trainable.flat(graph, 'start', i),
      }));
      recordConjugateGradientStart(graph, vectors(graph), { factor: -1, keep });
    }),
    step: each((graph) => {
      const iteration = graph.input('iteration', [1], 'u32');
      recordConjugateGradientStep(graph, vectors(graph), { damping, iteration });
    }),
    end: each((graph) => recordConjugateGradientEnd(graph, vectors(graph))),
    numbers: each((graph) => {
      const numbers = recordConjugateGradientNumbers(graph, vectors(graph), { damping });
      graph.output('numbers', numbers);
    }),
    shift: each((graph) => {
      const factor = graph.input('factor', [1]);
      trainable.flats.forEach((_, i) => {
        recordShift(graph, {
          parameters: trainable.flat(graph, 'parameters', i),
          start: trainable.flat(graph, 'start', i),
          solution: trainable.flat(graph, 'solution', i),
          factor,
        });
      });
    }),
  };
}
