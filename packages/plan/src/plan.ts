import { AttuneError, createBuffer, type Gpu } from '@attune/gpu';
import { type BoundCalls, bindCalls, byteSize, type Place, type Tensor } from '@attune/kernels';
import type { Arena } from './arena.ts';
import type { Graph, InputData } from './graph.ts';
import { type Layout, planMemory } from './memory.ts';
import { formatMebibytes, type Store } from './store.ts';

const usage = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
const align = (bytes: number) => Math.ceil(bytes / 256) * 256;

/** Bytes of a plan by purpose: known before any buffer exists. */
export interface PlanMemory {
  readonly activations: number;
  /** The activations' buffers, largest first: plans of one executor share them rank by rank. */
  readonly slots: readonly number[];
  readonly inputs: number;
  readonly outputs: number;
  readonly parameters: number;
}

/** Bytes of the activations of plans that run one after another on one executor. */
export function sharedActivations(plans: readonly PlanMemory[]): number {
  const ranks = Math.max(...plans.map(({ slots }) => slots.length));
  let bytes = 0;
  for (let k = 0; k < ranks; k++) bytes += Math.max(...plans.map(({ slots }) => slots[k] ?? 0));
  return bytes;
}

/** A graph with its memory assigned: what it will cost, without a GPU. */
// biome-ignore lint/suspicious/noExplicitAny: as Graph
export class PlannedGraph<F = any> {
  readonly graph: Graph<F>;
  readonly layout: Layout;
  readonly inputs = new Map<string, { tensor: Tensor; offset: number }>();
  readonly memory: PlanMemory;

  constructor(graph: Graph<F>) {
    this.graph = graph;
    this.layout = planMemory(graph);
    let offset = 0;
    for (const [tensor, kind] of graph.kinds) {
      if (kind !== 'input') continue;
      this.inputs.set(tensor.name, { tensor, offset });
      offset += align(byteSize(tensor));
    }
    const sum = (sizes: Iterable<number>) => [...sizes].reduce((a, b) => a + b, 0);
    this.memory = {
      activations: sum(this.layout.slots),
      slots: this.layout.slots.toSorted((a, b) => b - a),
      inputs: Math.max(256, offset),
      outputs: sum([...graph.outputs.values()].map((t) => align(byteSize(t)))),
      parameters: sum(this.layout.calls.map((call) => align(call.params.byteLength))),
    };
  }

  /** The values of all inputs that say how they are filled, by name. */
  values(feed: F): Record<string, InputData> {
    return Object.fromEntries(
      [...this.graph.fills].map(([tensor, fill]) => [tensor.name, fill(feed)]),
    );
  }
}

/**
 * A compiled step. Compiling makes its buffers, pipelines and bind groups; running it writes the
 * inputs, and encodes the same calls again: no buffer and no bind group is made.
 */
export class Plan {
  readonly planned: PlannedGraph;
  readonly #gpu: Gpu;
  readonly #store: Store;
  readonly #arena: Arena;
  readonly #inputs: GPUBuffer;
  readonly #packed: ArrayBuffer;
  #bound: BoundCalls | undefined;
  #version = -1;
  #places: ((tensor: Tensor) => Place) | undefined;

  private constructor(planned: PlannedGraph, gpu: Gpu, store: Store, arena: Arena) {
    this.planned = planned;
    this.#gpu = gpu;
    this.#store = store;
    this.#arena = arena;
    this.#packed = new ArrayBuffer(planned.memory.inputs);
    this.#inputs = createBuffer(gpu.device, {
      label: 'inputs',
      size: planned.memory.inputs,
      usage: usage(),
    });
  }

  static async compile(graph: Graph | PlannedGraph, store: Store, arena: Arena): Promise<Plan> {
    const planned = graph instanceof PlannedGraph ? graph : new PlannedGraph(graph);
    const plan = new Plan(planned, store.gpu, store, arena);
    await plan.bind();
    return plan;
  }

  /** Number of dispatches of one run. */
  get dispatches(): number {
    return this.planned.layout.calls.length;
  }

  /** Makes the bind groups, or makes them anew after the arena grew. */
  async bind(): Promise<void> {
    const { layout, inputs } = this.planned;
    const slots = this.#arena.place(layout.slots);
    if (this.#bound && this.#version === this.#arena.version) return;
    this.#bound?.destroy();
    this.#version = this.#arena.version;
    const inputOf = new Map([...inputs.values()].map((input) => [input.tensor, input.offset]));
    const places = (tensor: Tensor): Place => {
      const root = tensor.view?.of ?? tensor;
      const slot = layout.slotOf.get(root);
      if (slot !== undefined) return { buffer: slots[slot]!, offset: 0 };
      const offset = inputOf.get(root);
      if (offset !== undefined) return { buffer: this.#inputs, offset };
      return { buffer: this.#store.get(root.name).buffer, offset: 0 };
    };
    this.#places = places;
    this.#bound = await this.#gpu.race(bindCalls(this.#gpu.device, layout.calls, places));
  }

  /** Writes all inputs in one call. Every input must be given, with its exact number of elements. */
  write(values: Readonly<Record<string, InputData>>): void {
    for (const [name, { tensor, offset }] of this.planned.inputs) {
      const data = values[name];
      const size = tensor.shape.reduce((a, b) => a * b, 1);
      if (!data || data.length !== size) {
        throw new AttuneError(
          'bad-value',
          `The plan wants ${size} numbers for ${name} and was given ${data ? data.length : 'none'}.`,
          'Pass every input with the shape that the plan was traced with.',
        );
      }
      new Uint8Array(this.#packed, offset).set(
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      );
    }
    this.#gpu.device.queue.writeBuffer(this.#inputs, 0, this.#packed);
  }

  /** Encodes the whole step, or the part [from, to) of its calls. */
  encode(encoder: GPUCommandEncoder, from = 0, to = this.dispatches): void {
    if (!this.#bound || this.#version !== this.#arena.version) {
      throw new AttuneError(
        'stale-plan',
        'The arena grew after this plan was bound.',
        'Await plan.bind() before encoding.',
      );
    }
    const pass = encoder.beginComputePass();
    this.#bound.encode(pass, from, to);
    pass.end();
  }

  /** Where a tensor of the graph lies: to copy it or read it back after a run. */
  place(tensor: Tensor): Place {
    const { buffer, offset } = this.#places!(tensor);
    return { buffer, offset: offset + (tensor.view?.offset ?? 0) };
  }

  destroy(): void {
    this.#bound?.destroy();
    this.#inputs.destroy();
  }
}

/** A memory estimate as a table for people. */
export function printMemory(groups: Iterable<readonly [string, number]>): string {
  const rows = [...groups].filter(([, bytes]) => bytes > 0);
  const total = rows.reduce((sum, [, bytes]) => sum + bytes, 0);
  const width = Math.max(...rows.map(([name]) => name.length), 5);
  const line = (name: string, bytes: number) =>
    `${name.padEnd(width)}  ${formatMebibytes(bytes).padStart(9)} MiB`;
  return [...rows.map(([name, bytes]) => line(name, bytes)), line('total', total)].join('\n');
}
