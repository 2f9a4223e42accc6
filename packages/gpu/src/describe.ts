import { formatBytes } from './buffers.ts';
import type { Gpu } from './gpu.ts';
import { isSwiftShader } from './traits.ts';

/** What `attune doctor` prints: the adapter, its limits and features, then what is slow and why. */
export function describeGpu(gpu: Gpu): string[] {
  const { adapter, traits } = gpu;
  const { vendor, architecture, description, runtime, backend } = adapter;
  const names = [vendor, architecture].filter(Boolean).join('/');
  const where = backend ? `${backend}, in ${runtime}` : `in ${runtime}`;
  const size =
    traits.subgroupMinSize === traits.subgroupMaxSize
      ? `${traits.subgroupMinSize}`
      : `${traits.subgroupMinSize} to ${traits.subgroupMaxSize}`;
  return [
    `Adapter: ${description || names || 'unnamed'}${description && names ? ` (${names})` : ''}, ${where}.`,
    `Memory: ${formatBytes(traits.maxBuffer)} in a buffer, ${formatBytes(traits.maxStorageBinding)} in a binding, ${traits.maxStorageBuffers} storage buffers in a shader.`,
    `Workgroups: ${traits.maxInvocations} invocations, ${formatBytes(traits.maxWorkgroupMemory)} of shared memory, ${traits.maxWorkgroups} in a dimension.`,
    `Features: f16 ${yes(traits.f16)}, subgroups ${traits.subgroups ? `of ${size}` : 'no'}, timestamps ${yes(traits.timestamps)}.`,
    ...gpu.notes,
    ...slowness(gpu),
  ];
}

const yes = (have: boolean): string => (have ? 'yes' : 'no');

function slowness({ adapter, traits }: Gpu): string[] {
  const lines: string[] = [];
  if (traits.software) {
    lines.push('Slow: every kernel runs on the CPU; count on 10 to 100 times the time of a GPU.');
  }
  if (isSwiftShader(adapter) && adapter.runtime !== 'browser') {
    lines.push(
      'Slow: SwiftShader. Mesa 24 or newer (Debian and Ubuntu: mesa-vulkan-drivers) brings lavapipe, about 4 times as fast.',
    );
  }
  if (!traits.subgroups) {
    lines.push('Slower: no subgroups, so sums go through shared memory.');
  }
  if (!traits.f16) {
    lines.push('Larger: no f16, so kernels compute and store in 32 bits.');
  }
  if (!traits.timestamps) {
    lines.push('Coarser: no timestamps, so kernels are timed by the clock on the wall.');
  }
  if (traits.maxStorageBinding <= 128 * 2 ** 20) {
    lines.push(
      `Tight: a tensor above ${formatBytes(traits.maxStorageBinding)} must be split over several bindings.`,
    );
  }
  return lines;
}
