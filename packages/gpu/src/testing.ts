import type { Gpu } from './gpu.ts';
import { requestGpu } from './request.ts';

let shared: Promise<Gpu> | undefined;

/**
 * The device that all GPU tests of a process share; made anew only after a test has destroyed it.
 * ATTUNE_DEVICE chooses the adapter. Without an adapter it rejects: a GPU test fails then, it is not skipped.
 */
export async function testGpu(): Promise<Gpu> {
  const gpu = await (shared ?? ask());
  return gpu.isLost ? ask() : gpu;
}

function ask(): Promise<Gpu> {
  const kept = globalThis as { attuneTestGpu?: Gpu };
  // vitest may load this module once for each test file; the device outlives it.
  if (kept.attuneTestGpu && !kept.attuneTestGpu.isLost) return Promise.resolve(kept.attuneTestGpu);
  shared = requestGpu().then((gpu) => {
    const { vendor, architecture, description } = gpu.adapter;
    console.log(`adapter: ${vendor}/${architecture}/${description}`);
    kept.attuneTestGpu = gpu;
    return gpu;
  });
  shared.catch(() => {
    shared = undefined;
  });
  return shared;
}
