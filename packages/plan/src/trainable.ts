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

  constructor(tensors: readonly TrainableTensor[], maxBytes = 128 << 20) {
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

  /** Makes the buffers of `which` roles, zeroed. */
  allocate(store: Store, which: readonly Role[] = roles): void {
    for (const role of which) {
      this.flats.forEach(({ size }, i) => {
        const group = role === 'm' || role === 'v' ? 'optimizer' : role;
        store.create(`${role}.${i}`, [size], 'f32', group);
      });
    }
  }

  /** Names of the flat residents of a role. */
  residents(role: Role): string[] {
    return this.flats.map((_, i) => `${role}.${i}`);
  }

  flat(graph: Graph, role: Role, i: number): Tensor {
    return graph.resident(`${role}.${i}`, [this.flats[i]!.size]);
  }

  /** A trained tensor in `graph`, its gradient going to its place; undefined if `name` is not trained. */
  tensor(graph: Graph, name: string, { gradient = true } = {}): Tensor | undefined {
    const slot = this.tensors.get(name);
    if (!slot) return undefined;
    const known = seen(graph).get(name);
    if (known) return known;
    const { flat, offset, shape } = slot;
    const tensor = graph.view(this.flat(graph, 'parameters', flat), shape, offset);
    if (gradient) {
      graph.train(tensor, graph.view(this.flat(graph, 'gradients', flat), shape, offset));
    }
    seen(graph).set(name, tensor);
    return tensor;
  }

  /** Writes one tensor's numbers (of `role`). */
  write(store: Store, name: string, data: Float32Array, role: Role = 'parameters'): void {
    const { flat, offset } = this.tensors.get(name)!;
    store.write(`${role}.${flat}`, data, offset);
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

const perGraph = new WeakMap<Graph, Map<string, Tensor>>();
function seen(graph: Graph): Map<string, Tensor> {
  let map = perGraph.get(graph);
  if (!map) {
    map = new Map();
    perGraph.set(graph, map);
  }
  return map;
}
