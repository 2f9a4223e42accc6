import { elements, type Shape, type Tensor } from '@attune/kernels';
import type { Graph } from './graph.ts';
import type { Store } from './store.ts';

export interface TrainableTensor {
  readonly name: string;
  readonly shape: Shape;
  /** Decoupled weight decay applies (matrices), or not (biases and norms). */
  readonly decay: boolean;
}

/**
 * Trained matrices in one tensor of zeros, so that one product serves layers that read the same input. Each part
 * keeps its name for files and checkpoints; graphs use the stack.
 */
export interface TrainableStack {
  readonly name: string;
  readonly shape: Shape;
  /** Parts by the row and column of the stack where they begin; of one dimension where the stack is. */
  readonly parts: readonly {
    readonly name: string;
    readonly row: number;
    readonly column: number;
  }[];
}

interface Slot extends TrainableTensor {
  readonly flat: number;
  readonly offset: number;
  /** Elements from one row to the next. */
  readonly stride: number;
}

interface Flat {
  size: number;
  /** The first so many elements get weight decay. */
  decay: number;
}

const roles = ['parameters', 'gradients', 'm', 'v'] as const;

/**
 * What a flat buffer holds: AdamW's four; or for the natural gradient the direction of forward mode (`tangents`), the
 * vectors of its conjugate gradients, and the parameters that an update started from.
 */
export type Role = (typeof roles)[number] | 'tangents' | 'solution' | 'residual' | 'start';

/** How a graph uses a trained tensor. */
export interface TrainableUse {
  /** Its gradient goes to its place. Default true. */
  readonly gradient?: boolean;
  /** It moves along its part of `tangents`: forward mode. Default false. */
  readonly tangent?: boolean;
  /** Which numbers: as they are, or where the update started. Default `parameters`. */
  readonly role?: 'parameters' | 'start';
}

/**
 * All trained tensors in a few flat buffers (one, unless the adapter's binding limit splits them),
 * with gradients and AdamW's moments in buffers of the same layout. So the optimizer is one
 * dispatch a buffer, however many tensors train. Decayed tensors come first.
 */
export class Trainable {
  readonly tensors: ReadonlyMap<string, Slot>;
  readonly flats: readonly Flat[];
  /** Stands before the names of its residents: several can share a store and a graph. */
  readonly prefix: string;
  readonly #seen = new WeakMap<Graph, Map<string, Tensor>>();
  /** What graphs use: stacks, and tensors that are in none. */
  readonly #whole = new Map<string, Slot>();

  constructor(
    tensors: readonly TrainableTensor[],
    maxBytes = 128 << 20,
    prefix = '',
    stacks: readonly TrainableStack[] = [],
  ) {
    this.prefix = prefix;
    const limit = Math.floor(maxBytes / 4);
    const flats: Flat[] = [];
    const parts = new Map(stacks.flatMap((stack) => stack.parts.map(({ name }) => [name, stack])));
    for (const decay of [true, false]) {
      for (const part of tensors) {
        const tensor = { ...part, ...parts.get(part.name) };
        if (tensor.decay !== decay || this.#whole.has(tensor.name)) continue;
        const size = Math.ceil(elements(tensor.shape) / 64) * 64;
        let flat = flats.length - 1;
        if (flat < 0 || flats[flat]!.size + size > limit) {
          flat = flats.push({ size: 0, decay: 0 }) - 1;
        }
        const target = flats[flat]!;
        const stride = elements(tensor.shape) / tensor.shape[0]!;
        this.#whole.set(tensor.name, { ...tensor, flat, offset: target.size, stride });
        target.size += size;
        if (decay) target.decay = target.size;
      }
    }
    this.tensors = new Map(
      tensors.map((tensor) => {
        const stack = parts.get(tensor.name);
        const whole = this.#whole.get(stack?.name ?? tensor.name)!;
        const { row = 0, column = 0 } = stack?.parts.find(({ name }) => name === tensor.name) ?? {};
        const offset = whole.offset + row * whole.stride + column;
        return [tensor.name, { ...whole, ...tensor, offset }];
      }),
    );
    this.flats = flats;
  }

  /** Numbers trained. */
  get count(): number {
    return [...this.tensors.values()].reduce((sum, { shape }) => sum + elements(shape), 0);
  }

  /** Bytes of each role. */
  get bytes(): number {
    return this.flats.reduce((sum, { size }) => sum + 4 * size, 0);
  }

  /** Makes the buffers of `which` roles, zeroed; `group` is their heading in the memory estimate. */
  allocate(store: Store, which: readonly Role[] = roles, group?: string): void {
    for (const role of which) {
      const own = role === 'parameters' || role === 'gradients';
      const heading = group ?? (own ? role : 'optimizer');
      this.residents(role).forEach((name, i) => {
        store.create(name, [this.flats[i]!.size], 'f32', heading);
      });
    }
  }

  /** Names of the flat residents of a role. */
  residents(role: Role): string[] {
    return this.flats.map((_, i) => this.resident(role, i));
  }

  /** The name of one of them. */
  resident(role: Role, i: number): string {
    return `${this.prefix}${role}.${i}`;
  }

  flat(graph: Graph, role: Role, i: number): Tensor {
    return graph.resident(this.resident(role, i), [this.flats[i]!.size]);
  }

  /** Whether graphs can use a tensor of that name: one in no stack, or a stack. */
  has(name: string): boolean {
    return this.#whole.has(name);
  }

  /**
   * A trained tensor (or stack) in `graph`, its gradient going to its place; undefined if `name` is not one.
   * The same graph may use it in several ways.
   */
  tensor(
    graph: Graph,
    name: string,
    { gradient = true, tangent = false, role = 'parameters' }: TrainableUse = {},
  ): Tensor | undefined {
    const slot = this.#whole.get(name);
    if (!slot) return undefined;
    const seen = this.#seen.get(graph) ?? new Map<string, Tensor>();
    this.#seen.set(graph, seen);
    const key = `${gradient} ${tangent} ${role} ${name}`;
    const known = seen.get(key);
    if (known) return known;
    const { flat, offset, shape } = slot;
    const view = (of: Role) => graph.view(this.flat(graph, of, flat), shape, offset);
    const tensor = view(role);
    if (gradient) graph.train(tensor, view('gradients'));
    if (tangent) graph.setTangent(tensor, view('tangents'));
    seen.set(key, tensor);
    return tensor;
  }

  /** Writes one tensor's numbers (of `role`). */
  write(store: Store, name: string, data: Float32Array, role: Role = 'parameters'): void {
    const { flat, ...slot } = this.tensors.get(name)!;
    for (const [from, to, count] of runs(slot)) {
      const part = count === data.length ? data : data.subarray(from, from + count);
      store.write(this.resident(role, flat), part, to);
    }
  }

  /** Reads every tensor of a role, by name. */
  async read(store: Store, role: Role = 'parameters'): Promise<Map<string, Float32Array>> {
    const flats = await Promise.all(this.residents(role).map((name) => store.read(name)));
    return new Map(
      [...this.tensors.values()].map((slot) => {
        const data = new Float32Array(elements(slot.shape));
        const flat = flats[slot.flat]!;
        for (const [to, from, count] of runs(slot)) data.set(flat.subarray(from, from + count), to);
        return [slot.name, data];
      }),
    );
  }
}

/** Stretches of a tensor that lie together in its flat buffer: [in the tensor, in the buffer, elements]. */
function* runs({ shape, offset, stride }: Pick<Slot, 'shape' | 'offset' | 'stride'>) {
  const count = elements(shape);
  const width = count / shape[0]!;
  if (width === stride) yield [0, offset, count] as const;
  else
    for (let row = 0; row < shape[0]!; row++)
      yield [row * width, offset + row * stride, width] as const;
}
