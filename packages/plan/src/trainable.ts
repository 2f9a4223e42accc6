import { elements, type Shape, type Tensor } from '@attune/kernels';
import type { Graph } from './graph.ts';
import type { Store } from './store.ts';

export interface TrainableTensor {
  readonly name: string;
  readonly shape: Shape;
  /** Decoupled weight decay applies (matrices), or not (biases and norms). */
  readonly decay: boolean;
}

interface Slot extends TrainableTensor {
  readonly flat: number;
  readonly offset: number;
}

interface Flat {
  size: number;
  /** The first so many elements get weight decay. */
  decay: number;
}

const roles = ['parameters', 'gradients', 'm', 'v'] as const;
export type Role = (typeof roles)[number];

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

  constructor(tensors: readonly TrainableTensor[], maxBytes = 128 << 20, prefix = '') {
    this.prefix = prefix;
    const limit = Math.floor(maxBytes / 4);
    const slots = new Map<string, Slot>();
    const flats: Flat[] = [];
    for (const decay of [true, false]) {
      for (const tensor of tensors) {
        if (tensor.decay !== decay) continue;
        const size = Math.ceil(elements(tensor.shape) / 64) * 64;
        let flat = flats.length - 1;
        if (flat < 0 || flats[flat]!.size + size > limit) {
          flat = flats.push({ size: 0, decay: 0 }) - 1;
        }
        const target = flats[flat]!;
        slots.set(tensor.name, { ...tensor, flat, offset: target.size });
        target.size += size;
        if (decay) target.decay = target.size;
      }
    }
    this.tensors = slots;
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

  /** Makes the buffers of `which` roles, zeroed; `group` is their heading in the memory account. */
  allocate(store: Store, which: readonly Role[] = roles, group?: string): void {
    for (const role of which) {
      const heading = group ?? (role === 'm' || role === 'v' ? 'optimizer' : role);
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

  /**
   * A trained tensor in `graph`, its gradient going to its place; undefined if `name` is not trained.
   * The same graph may use it with and without its gradient.
   */
  tensor(graph: Graph, name: string, { gradient = true } = {}): Tensor | undefined {
    const slot = this.tensors.get(name);
    if (!slot) return undefined;
    const seen = this.#seen.get(graph) ?? new Map<string, Tensor>();
    this.#seen.set(graph, seen);
    const key = `${gradient} ${name}`;
    const known = seen.get(key);
    if (known) return known;
    const { flat, offset, shape } = slot;
    const tensor = graph.view(this.flat(graph, 'parameters', flat), shape, offset);
    if (gradient) {
      graph.train(tensor, graph.view(this.flat(graph, 'gradients', flat), shape, offset));
    }
    seen.set(key, tensor);
    return tensor;
  }

  /** Writes one tensor's numbers (of `role`). */
  write(store: Store, name: string, data: Float32Array, role: Role = 'parameters'): void {
    const { flat, offset } = this.tensors.get(name)!;
    store.write(this.resident(role, flat), data, offset);
  }

  /** Reads every tensor of a role, by name. */
  async read(store: Store, role: Role = 'parameters'): Promise<Map<string, Float32Array>> {
    const flats = await Promise.all(this.residents(role).map((name) => store.read(name)));
    return new Map(
      [...this.tensors.values()].map(({ name, shape, flat, offset }) => [
        name,
        flats[flat]!.slice(offset, offset + elements(shape)),
      ]),
    );
  }
}
