import type { Gpu } from './gpu.ts';
import { requestGpu } from './request.ts';

/** On globalThis: vitest may load this module once for each test file, and the device outlives it. */
const world = globalThis as { attuneTestGpu?: Promise<Gpu> };

/**
 * The device that all GPU tests of a process share; made anew only after a test has destroyed it.
 * ATTUNE_DEVICE chooses the adapter. Without an adapter it rejects: a GPU test fails then, it is not skipped.
 */
export async function testGpu(): Promise<Gpu> {
  const shared = world.attuneTestGpu;
  const gpu = await shared?.catch(() => undefined);
  if (gpu && !gpu.isLost) return gpu;
  // Of several callers that find it lost, the first asks for the next.
  if (world.attuneTestGpu === shared) world.attuneTestGpu = ask();
  return world.attuneTestGpu!;
}

async function ask(): Promise<Gpu> {
  const gpu = await requestGpu();
  const { vendor, architecture, description } = gpu.adapter;
  console.log(`adapter: ${vendor}/${architecture}/${description}`);
  return gpu;
}
