import { AttuneError, foldWorkgroups, type Traits } from '@attune/gpu';
import type { Variant } from './preprocess.ts';
import { type CompiledShader, packParams, type Shader } from './shader.ts';
import { bytesPerElement, type Dtype, elements, type Shape, type Tensor } from './tensor.ts';

/** What an operation needs to know of the adapter to choose a variant. */
export type KernelTraits = Pick<
  Traits,
  | 'software'
  | 'f16'
  | 'subgroups'
  | 'subgroupMinSize'
  | 'subgroupMaxSize'
  | 'maxStorageBinding'
  | 'maxWorkgroupMemory'
  | 'maxInvocations'
>;

/** Lanes of a subgroup where their number is certain, else 0. */
export function lanesOf({ subgroups, subgroupMinSize, subgroupMaxSize }: KernelTraits): number {
  return subgroups && subgroupMinSize === subgroupMaxSize ? subgroupMaxSize : 0;
}

/** One dispatch, recorded: which code, on which tensors, with which numbers, over how many workgroups. */
export interface Call {
  readonly shader: CompiledShader;
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly params: ArrayBuffer;
  readonly workgroups: readonly [number, number, number];
}

export interface DispatchOptions extends Variant {
  /** Tensors by the names of the WGSL variables. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Numbers by the field names of `struct Params`. */
  readonly params?: Readonly<Record<string, number>>;
  /**
   * A count is folded into two dimensions past 65,535: the kernel linearises with
   * `workgroup.x + workgroup.y * num_workgroups.x` and guards its end.
   */
  readonly workgroups: number | readonly [number, number, number];
}

/** Where operations write down what they do. Nothing runs, and no GPU is touched. */
export interface Recorder {
  readonly traits: KernelTraits;
  /** A new tensor; the planner gives it memory. Its contents are undefined until written. */
  tensor(name: string, shape: Shape, dtype?: Dtype): Tensor;
  /** The same memory under another shape, or a part of it from `offset` elements on (offset × size divisible by 256). */
  view(of: Tensor, shape: Shape, offset?: number): Tensor;
  dispatch(shader: Shader, options: DispatchOptions): void;
}

/** The plain recorder: a list of tensors and a list of calls. */
export class Recording implements Recorder {
  readonly traits: KernelTraits;
  readonly tensors: Tensor[] = [];
  readonly calls: Call[] = [];

  constructor(traits: KernelTraits) {
    this.traits = traits;
  }

  tensor(name: string, shape: Shape, dtype: Dtype = 'f32'): Tensor {
    return this.#add({ id: this.tensors.length, name, shape: [...shape], dtype });
  }

  view(of: Tensor, shape: Shape, offset = 0): Tensor {
    const bytes = offset * bytesPerElement[of.dtype];
    if (bytes % 256 !== 0 || offset + elements(shape) > elements(of.shape)) {
      throw new AttuneError(
        'bad-kernel',
        `A view of ${of.name} [${of.shape}] as [${shape}] at element ${offset} does not fit.`,
        'Views start at multiples of 256 bytes and stay inside their tensor.',
      );
    }
    const root = of.view?.of ?? of;
    return this.#add({
      id: this.tensors.length,
      name: of.name,
      shape: [...shape],
      dtype: of.dtype,
      view: { of: root, offset: (of.view?.offset ?? 0) + bytes },
    });
  }

  dispatch(source: Shader, options: DispatchOptions): void {
    const compiled = source.compile(options);
    const expected = compiled.bindings.filter((b) => b.access !== 'uniform').map((b) => b.name);
    const given = Object.keys(options.tensors);
    if (expected.length !== given.length || expected.some((name) => !options.tensors[name])) {
      throw new AttuneError(
        'bad-kernel',
        `${compiled.label} binds ${expected.join(', ')} but was given ${given.join(', ')}.`,
        'Pass one tensor for each storage variable of the shader.',
      );
    }
    const { workgroups } = options;
    const folded = typeof workgroups === 'number' ? foldWorkgroups(workgroups) : workgroups;
    if (folded.some((n) => n === 0)) return;
    this.calls.push({
      shader: compiled,
      tensors: options.tensors,
      params: packParams(compiled, options.params ?? {}),
      workgroups: folded,
    });
  }

  #add(tensor: Tensor): Tensor {
    this.tensors.push(tensor);
    return tensor;
  }
}
