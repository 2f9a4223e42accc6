import { createBuffer, type Gpu, gpuFrom, readBuffer } from '@attune/gpu';
import { type BoundCalls, bindCalls, type Place } from './bind.ts';
import type { HostArrays, Operation, Tensors } from './operation.ts';
import { type KernelTraits, type Recorder, Recording } from './recorder.ts';
import { byteSize, type Dtype, elements, type HostArray, type Tensor } from './tensor.ts';

/** A recorded piece of work, bound to buffers, for a caller who holds the device and the pass. */
export interface Prepared<T> extends BoundCalls {
  /** What the recording function returned. */
  readonly tensors: T;
  /** The buffer of a tensor: the caller's own, or one that was made here. */
  place(tensor: Tensor): Place;
}

/**
 * Records `work` and gives each tensor a buffer: the one in `given`, else a new one.
 * @example
 * const norm = await prepare(device, (r) => {
 *   const x = r.tensor('x', [8, 64]), weight = r.tensor('weight', [64]);
 *   return { x, weight, ...rmsNorm.forward(r, { x, weight }, { eps: 1e-6 }) };
 * });
 * norm.encode(pass);
 */
export async function prepare<T>(
  device: GPUDevice,
  work: (recorder: Recorder) => T,
  given: (tensors: T) => Iterable<readonly [Tensor, Place]> = () => [],
  traits: KernelTraits = gpuFrom(device).traits,
): Promise<Prepared<T>> {
  const recording = new Recording(traits);
  const tensors = work(recording);
  const places = new Map<Tensor, Place>(given(tensors));
  const made: GPUBuffer[] = [];
  for (const tensor of recording.tensors) {
    if (tensor.view || places.has(tensor)) continue;
    const buffer = createBuffer(device, {
      label: tensor.name,
      size: Math.max(16, byteSize(tensor)),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    made.push(buffer);
    places.set(tensor, { buffer, offset: 0 });
  }
  const place = (tensor: Tensor) => places.get(tensor.view?.of ?? tensor)!;
  const bound = await bindCalls(device, recording.calls, place);
  return {
    tensors,
    place,
    count: bound.count,
    encode: bound.encode,
    destroy() {
      bound.destroy();
      for (const buffer of made) buffer.destroy();
    },
  };
}

function dtypeOf(data: HostArray['data']): Dtype {
  if (data instanceof Uint32Array) return 'u32';
  return data instanceof Int32Array ? 'i32' : 'f32';
}

/** What stands in a tensor of a prepared piece of work once what was submitted is done; f32, u32 or i32. */
export async function readTensor(
  gpu: Gpu,
  { place }: Pick<Prepared<unknown>, 'place'>,
  tensor: Tensor,
): Promise<HostArray> {
  const { buffer, offset } = place(tensor);
  const start = offset + (tensor.view?.offset ?? 0);
  const raw = await readBuffer(gpu, buffer, start, byteSize(tensor));
  const types = { u32: Uint32Array, i32: Int32Array, f32: Float32Array } as const;
  const type = types[tensor.dtype as keyof typeof types] ?? Float32Array;
  return { shape: tensor.shape, data: new type(raw, 0, elements(tensor.shape)) };
}

/** Uploads `arrays`, records `work` on them, runs it once and reads back every tensor it returns. */
export async function runRecorded(
  device: GPUDevice,
  arrays: HostArrays,
  work: (recorder: Recorder, tensors: Record<string, Tensor>) => Record<string, Tensor | undefined>,
  traits?: KernelTraits,
): Promise<HostArrays> {
  const gpu = gpuFrom(device);
  const prepared = await prepare(
    device,
    (recorder) => {
      const inputs: Record<string, Tensor> = {};
      for (const [name, { shape, data }] of Object.entries(arrays)) {
        inputs[name] = recorder.tensor(name, shape, dtypeOf(data));
      }
      return { inputs, outputs: work(recorder, inputs) };
    },
    undefined,
    traits,
  );
  for (const [name, tensor] of Object.entries(prepared.tensors.inputs)) {
    const { data } = arrays[name]!;
    const bytes = data instanceof Float64Array ? Float32Array.from(data) : data;
    device.queue.writeBuffer(prepared.place(tensor).buffer, 0, bytes as BufferSource);
  }
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  prepared.encode(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
  const results: HostArrays = {};
  for (const [name, tensor] of Object.entries(prepared.tensors.outputs)) {
    if (tensor) results[name] = await readTensor(gpu, prepared, tensor);
  }
  prepared.destroy();
  return results;
}

/**
 * The ten-line way: one operation on arrays of the CPU.
 * @example const { y } = await run(device, matmul, { x: array([2, 3], [...]), weight: array([3, 4], [...]) }, {})
 */
export function run<I extends Tensors, O extends Tensors, A>(
  device: GPUDevice,
  op: Operation<I, O, A>,
  inputs: HostArrays,
  options: A,
): Promise<HostArrays> {
  return runRecorded(device, inputs, (recorder, tensors) => ({
    ...op.forward(recorder, tensors as unknown as I, options),
  }));
}
