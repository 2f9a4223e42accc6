import { type Gpu, gpuFrom } from '@attune/gpu';
import type { OpenModel } from '@attune/model';

const none = () => undefined;

/** Of a class, as real buffers are: `destroy` is looked for on the prototype. */
class PlannedBuffer {
  readonly size: number;
  readonly label: string;
  constructor({ size, label = '' }: GPUBufferDescriptor) {
    this.size = size;
    this.label = label;
  }
  destroy(): void {}
}

/**
 * A device that computes nothing and holds nothing: trainers made on it know their plans, and so the memory that a run
 * would need, on a machine without a GPU. Its limits are those of common hardware.
 */
export function planningGpu(): Gpu {
  // Node has these once a WebGPU implementation is loaded, which is not needed here.
  (globalThis as { GPUBufferUsage?: unknown }).GPUBufferUsage ??= {
    MAP_READ: 1,
    MAP_WRITE: 2,
    COPY_SRC: 4,
    COPY_DST: 8,
    INDEX: 16,
    VERTEX: 32,
    UNIFORM: 64,
    STORAGE: 128,
    INDIRECT: 256,
    QUERY_RESOLVE: 512,
  };
  const device = {
    limits: {
      maxStorageBufferBindingSize: 2 ** 31,
      maxBufferSize: 2 ** 31,
      maxComputeWorkgroupStorageSize: 16384,
      maxComputeInvocationsPerWorkgroup: 256,
      maxComputeWorkgroupsPerDimension: 65535,
      maxStorageBuffersPerShaderStage: 8,
    },
    features: new Set<string>(),
    lost: new Promise<never>(none),
    queue: { writeBuffer: none, submit: none },
    pushErrorScope: none,
    popErrorScope: async () => null,
    createBuffer: (descriptor: GPUBufferDescriptor) => new PlannedBuffer(descriptor),
    addEventListener: none,
    destroy: none,
  };
  return gpuFrom(device as unknown as GPUDevice, { description: 'a plan without a device' });
}

/** The same model without its numbers: none is read from disk. */
export function planningModel(model: OpenModel): OpenModel {
  const { weights } = model;
  const size = (name: string) => weights.info(name).shape.reduce((a, b) => a * b, 1);
  const blank = {
    names: () => weights.names(),
    has: (name: string) => weights.has(name),
    info: (name: string) => weights.info(name),
    float32: async (name: string) => new Float32Array(size(name)),
    raw: async (name: string) => new Uint8Array(weights.info(name).bytes),
  };
  return Object.create(model, { weights: { value: blank, enumerable: true } }) as OpenModel;
}
