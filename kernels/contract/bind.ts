import { createBuffer, pipeline } from '@attune/gpu';
import type { Call } from './recorder.ts';
import { byteSize, type Tensor } from './tensor.ts';

/** Where a tensor lies. */
export interface Place {
  readonly buffer: GPUBuffer;
  readonly offset: number;
}

/** Calls with their pipelines and bind groups made: replaying them makes nothing new. */
export interface BoundCalls {
  readonly count: number;
  /** Encodes calls `from` (inclusive) to `to` (exclusive), by default all. */
  encode(pass: GPUComputePassEncoder, from?: number, to?: number): void;
  destroy(): void;
}

const alignment = 256;

/**
 * Compiles every pipeline (asynchronously, each once per device), writes all `Params` into one
 * uniform buffer, and makes the bind groups.
 */
export async function bindCalls(
  device: GPUDevice,
  calls: readonly Call[],
  placeOf: (tensor: Tensor) => Place,
): Promise<BoundCalls> {
  const pipelines = await Promise.all(
    calls.map(({ shader }) => pipeline(device, shader.code, shader.label, shader.origin)),
  );
  const stride = (call: Call) => Math.ceil(call.params.byteLength / alignment) * alignment;
  const bytes = calls.reduce((sum, call) => sum + stride(call), 0);
  const params = createBuffer(device, {
    label: 'params',
    size: Math.max(bytes, alignment),
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  const packed = new Uint8Array(params.size);
  let offset = 0;
  const groups = calls.map((call, i) => {
    packed.set(new Uint8Array(call.params), offset);
    const at = offset;
    offset += stride(call);
    return device.createBindGroup({
      label: call.shader.label,
      layout: pipelines[i]!.getBindGroupLayout(0),
      entries: call.shader.bindings.map(({ index, name, access }) => {
        if (access === 'uniform') {
          return {
            binding: index,
            resource: { buffer: params, offset: at, size: call.params.byteLength },
          };
        }
        const tensor = call.tensors[name]!;
        const { buffer, offset: base } = placeOf(tensor);
        return {
          binding: index,
          resource: {
            buffer,
            offset: base + (tensor.view?.offset ?? 0),
            size: byteSize(tensor),
          },
        };
      }),
    });
  });
  device.queue.writeBuffer(params, 0, packed);
  return {
    count: calls.length,
    encode(pass, from = 0, to = calls.length) {
      for (let i = from; i < to; i++) {
        pass.setPipeline(pipelines[i]!);
        pass.setBindGroup(0, groups[i]!);
        pass.dispatchWorkgroups(...calls[i]!.workgroups);
      }
    },
    destroy: () => params.destroy(),
  };
}
