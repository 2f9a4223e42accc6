/** What kernels and plans may rely on. Sizes in bytes. */
export interface Traits {
  /** The adapter computes on the CPU: barriers and shared memory cost more than they save. */
  software: boolean;
  f16: boolean;
  subgroups: boolean;
  /** Meaningless without `subgroups`; a power of two. The actual size may be any between the two. */
  subgroupMinSize: number;
  subgroupMaxSize: number;
  timestamps: boolean;
  maxStorageBinding: number;
  maxBuffer: number;
  maxWorkgroupMemory: number;
  /** Invocations in one workgroup. */
  maxInvocations: number;
  /** Workgroups in one dimension of a dispatch. */
  maxWorkgroups: number;
  /** Storage buffers of one shader. */
  maxStorageBuffers: number;
}

export interface AdapterName {
  vendor: string;
  architecture: string;
  description: string;
  runtime: 'browser' | 'node' | 'deno';
  /** The driver interface, where it is known: vulkan, metal, d3d12. */
  backend?: string;
}

/** The part of GPUAdapterInfo that is read here; older implementations lack some of it. */
export type AdapterInfo = Partial<
  Pick<
    GPUAdapterInfo,
    | 'vendor'
    | 'architecture'
    | 'device'
    | 'description'
    | 'subgroupMinSize'
    | 'subgroupMaxSize'
    | 'isFallbackAdapter'
  >
>;

export function traitsOf(device: GPUDevice, info: AdapterInfo): Traits {
  const { limits, features } = device;
  return {
    software: isSoftware(info),
    f16: features.has('shader-f16'),
    subgroups: features.has('subgroups'),
    subgroupMinSize: info.subgroupMinSize || 4,
    subgroupMaxSize: info.subgroupMaxSize || 128,
    timestamps: features.has('timestamp-query'),
    maxStorageBinding: limits.maxStorageBufferBindingSize,
    maxBuffer: limits.maxBufferSize,
    maxWorkgroupMemory: limits.maxComputeWorkgroupStorageSize,
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroups: limits.maxComputeWorkgroupsPerDimension,
    maxStorageBuffers: limits.maxStorageBuffersPerShaderStage,
  };
}

export const isSwiftShader = (info: AdapterInfo): boolean => /swiftshader/i.test(everyName(info));
export const isLavapipe = (info: AdapterInfo): boolean =>
  /llvmpipe|lavapipe/i.test(everyName(info));

/** wgpu marks nothing as a fallback, so names count too. */
export const isSoftware = (info: AdapterInfo): boolean =>
  info.isFallbackAdapter === true ||
  isSwiftShader(info) ||
  isLavapipe(info) ||
  /basic render|\bwarp\b|software/i.test(everyName(info));

const everyName = (info: AdapterInfo): string =>
  [info.vendor, info.architecture, info.device, info.description].join(' ');

/** One phrase for people: "lavapipe (Mesa 25.0.7)", "SwiftShader", "apple metal-3". */
export function adapterLabel(info: AdapterInfo): string {
  if (isSwiftShader(info)) return 'SwiftShader';
  if (isLavapipe(info)) {
    const mesa = info.description?.match(/Mesa [\d.]+/)?.[0];
    return mesa ? `lavapipe (${mesa})` : 'lavapipe';
  }
  const { vendor, architecture, device, description } = info;
  return description || [vendor, architecture].filter(Boolean).join(' ') || device || 'unnamed';
}

export function runtimeName(): AdapterName['runtime'] {
  if ('Deno' in globalThis) return 'deno';
  // A page may carry a polyfilled `process`, but no page is without both of these.
  const page = typeof document !== 'undefined' || 'WorkerGlobalScope' in globalThis;
  return !page && typeof process === 'object' && process.versions?.node ? 'node' : 'browser';
}
