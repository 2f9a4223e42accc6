import { AttuneError, createBuffer, type Gpu } from '@attune/gpu';
import { byteSize, elements, type Tensor } from '@attune/kernels';
import { Arena } from './arena.ts';
import type { Graph, InputData } from './graph.ts';
import { Plan, type PlannedGraph } from './plan.ts';
import type { Store } from './store.ts';

export type Values = Record<string, Float32Array | Uint32Array | Int32Array>;

interface Readback {
  readonly buffer: GPUBuffer;
  busy: boolean;
}

/** Runs plans one after another on one store and one arena, and reads their outputs back. */
export class Executor {
  readonly store: Store;
  readonly arena: Arena;
  readonly gpu: Gpu;
  readonly #staging = new Map<number, Readback[]>();
  /** Submits of the last run, and the milliseconds it took from submit to read-back. */
  lastSubmits = 0;
  #rates = new WeakMap<Plan, number>();

  constructor(store: Store) {
    this.store = store;
    this.gpu = store.gpu;
    this.arena = new Arena(store.gpu);
  }

  compile(graph: Graph | PlannedGraph): Promise<Plan> {
    return Plan.compile(graph, this.store, this.arena);
  }

  /**
   * Runs `plans` in order (each with its inputs) and resolves to the outputs of all of them.
   * One submit, unless the last run was so long that a watchdog or a tab would notice: then
   * several of about half a second. `clear` names residents to zero first.
   */
  async run(
    plans: readonly (readonly [Plan, Readonly<Record<string, InputData>>])[],
    { clear = [], readBack = true }: { clear?: readonly string[]; readBack?: boolean } = {},
  ): Promise<Values> {
    const { device } = this.gpu;
    for (const [plan] of plans) await plan.bind();
    for (const [plan, values] of plans) plan.write(values);
    const started = performance.now();
    this.lastSubmits = 0;
    let encoder = device.createCommandEncoder();
    const submit = () => {
      device.queue.submit([encoder.finish()]);
      this.lastSubmits++;
      encoder = device.createCommandEncoder();
    };
    for (const name of clear) encoder.clearBuffer(this.store.get(name).buffer);
    for (const [plan] of plans) {
      const milliseconds = this.#rates.get(plan) ?? 0;
      const parts = Math.max(1, Math.ceil(milliseconds / 500));
      for (let part = 0; part < parts; part++) {
        const at = (k: number) => Math.floor((plan.dispatches * k) / parts);
        if (part > 0) {
          submit();
          await this.gpu.race(device.queue.onSubmittedWorkDone());
        }
        plan.encode(encoder, at(part), at(part + 1));
      }
    }
    if (!readBack) {
      submit();
      return {};
    }
    const wanted = plans.flatMap(([plan]) =>
      [...plan.planned.graph.outputs].map(([name, tensor]) => ({ name, tensor, plan })),
    );
    const bytes = wanted.reduce((sum, { tensor }) => sum + byteSize(tensor), 0);
    if (bytes === 0) {
      submit();
      await this.gpu.race(device.queue.onSubmittedWorkDone());
      return {};
    }
    const staging = this.#take(bytes);
    let offset = 0;
    for (const { tensor, plan } of wanted) {
      const place = plan.place(tensor);
      encoder.copyBufferToBuffer(
        place.buffer,
        place.offset,
        staging.buffer,
        offset,
        byteSize(tensor),
      );
      offset += byteSize(tensor);
    }
    submit();
    await this.gpu.race(staging.buffer.mapAsync(GPUMapMode.READ, 0, bytes));
    const raw = staging.buffer.getMappedRange(0, bytes).slice(0);
    staging.buffer.unmap();
    staging.busy = false;
    const elapsed = performance.now() - started;
    for (const [plan] of plans) this.#rates.set(plan, elapsed / plans.length);
    const values: Values = {};
    offset = 0;
    for (const { name, tensor } of wanted) {
      values[name] = typed(tensor, raw, offset);
      offset += byteSize(tensor);
    }
    return values;
  }

  /** Bytes of staging buffers. */
  get stagingBytes(): number {
    return [...this.#staging.values()].flat().reduce((sum, { buffer }) => sum + buffer.size, 0);
  }

  #take(bytes: number): Readback {
    const size = Math.max(256, 2 ** Math.ceil(Math.log2(bytes)));
    const pool = this.#staging.get(size) ?? [];
    this.#staging.set(size, pool);
    let free = pool.find((readback) => !readback.busy);
    if (!free) {
      if (pool.length >= 8) {
        throw new AttuneError(
          'too-many-reads',
          `${pool.length} read-backs of ${size} bytes are still pending.`,
          'Await earlier runs before starting new ones.',
        );
      }
      const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
      free = {
        buffer: createBuffer(this.gpu.device, { label: 'read-back', size, usage }),
        busy: false,
      };
      pool.push(free);
    }
    free.busy = true;
    return free;
  }

  destroy(): void {
    this.arena.destroy();
    for (const { buffer } of [...this.#staging.values()].flat()) buffer.destroy();
    this.#staging.clear();
  }
}

function typed(tensor: Tensor, raw: ArrayBuffer, offset: number): Values[string] {
  const length = elements(tensor.shape);
  if (tensor.dtype === 'u32') return new Uint32Array(raw, offset, length);
  if (tensor.dtype === 'i32') return new Int32Array(raw, offset, length);
  return new Float32Array(raw, offset, length);
}
