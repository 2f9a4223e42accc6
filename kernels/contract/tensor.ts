/**
 * Number formats of buffers. `u32` and `i32` hold ids and positions; the others but f32 hold frozen weights as
 * their file has them (kernels/quantised).
 */
export type Dtype = 'f32' | 'f16' | 'bf16' | 'q8_0' | 'q4_0' | 'q4_1' | 'q4_k' | 'u32' | 'i32';

export type Shape = readonly number[];

export const bytesPerElement: Record<Dtype, number> = {
  ...{ f32: 4, f16: 2, bf16: 2, u32: 4, i32: 4 },
  ...{ q8_0: 34 / 32, q4_0: 18 / 32, q4_1: 20 / 32, q4_k: 148 / 256 },
};

/**
 * A symbolic tensor: a name, a shape, a number format, no memory yet.
 * Row-major and dense. A view shares the memory of `view.of`, `view.offset` bytes in.
 */
export interface Tensor {
  readonly id: number;
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly view?: { readonly of: Tensor; readonly offset: number };
}

/** Numbers on the CPU with their shape: what `run` takes and returns, and what references compute on. */
export interface HostArray {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array | Uint32Array | Int32Array;
}

export function elements(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Bytes of a tensor, rounded up to 16 so that it can be bound as `array<vec4f>`. */
export function byteSize(tensor: { shape: Shape; dtype: Dtype }): number {
  return Math.ceil((elements(tensor.shape) * bytesPerElement[tensor.dtype]) / 16) * 16;
}

/** A host array from numbers; `f32` unless the data says otherwise. */
export function array(shape: Shape, data: ArrayLike<number> | HostArray['data']): HostArray {
  const typed = ArrayBuffer.isView(data) ? (data as HostArray['data']) : Float32Array.from(data);
  return { shape, data: typed };
}
