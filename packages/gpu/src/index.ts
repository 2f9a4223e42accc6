export {
  allocate,
  type BufferRequest,
  createBuffer,
  formatBytes,
  liveBuffers,
  liveBytes,
} from './buffers.ts';
export { describeGpu } from './describe.ts';
export { foldWorkgroups } from './dispatch.ts';
export { AttuneError, nearest } from './error.ts';
export type { ErrorCode } from './error-codes.ts';
export { type Device, type Gpu, gpuFrom } from './gpu.ts';
export { type LineOrigin, pipeline } from './pipeline.ts';
export { readBuffer } from './read.ts';
export { type DeviceChoice, type GpuOptions, requestGpu } from './request.ts';
export { type Encode, Timer } from './timer.ts';
export type { AdapterInfo, AdapterName, Traits } from './traits.ts';
