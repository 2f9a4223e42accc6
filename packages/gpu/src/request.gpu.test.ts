import { expect, test } from 'vitest';
import { describeGpu } from './describe.ts';
import { gpuFrom } from './gpu.ts';
import { lavapipeManifest } from './node/vulkan.ts';
import { requestGpu } from './request.ts';
import { testGpu } from './testing.ts';

const linux = process.platform === 'linux';

test('the device has what its adapter has: limits above the defaults, and its features', async () => {
  const { traits, device, adapter } = await testGpu();
  expect(adapter.runtime).toBe('node');
  expect(traits.maxBuffer).toBeGreaterThan(256 * 2 ** 20);
  expect(traits.maxWorkgroupMemory).toBeGreaterThan(16_384);
  expect(traits.maxStorageBuffers).toBeGreaterThan(8);
  expect(traits.f16).toBe(device.features.has('shader-f16'));
  expect(traits.subgroups).toBe(device.features.has('subgroups'));
  expect(Math.log2(traits.subgroupMaxSize) % 1).toBe(0);
  expect(traits.subgroupMaxSize).toBeGreaterThanOrEqual(traits.subgroupMinSize);
});

test('all tests of a process share one device, until one of them destroys it', async () => {
  const first = await testGpu();
  expect(await testGpu()).toBe(first);
  first.destroy();
  const second = await testGpu();
  expect(second).not.toBe(first);
  expect(second.isLost).toBe(false);
});

test('a feature is left out on request, so that what replaces it can be tested', async () => {
  const gpu = await requestGpu({ features: { f16: false, subgroups: false } });
  expect(gpu.traits).toMatchObject({ f16: false, subgroups: false });
  expect(gpu.device.features.has('subgroups')).toBe(false);
  gpu.destroy();
});

test('an adapter gives one device only, yet devices can be had one after the other and at once', async () => {
  const gpus = await Promise.all(Array.from({ length: 4 }, () => requestGpu()));
  gpus.push(await requestGpu());
  expect(new Set(gpus.map(({ device }) => device)).size).toBe(5);
  for (const gpu of gpus) gpu.destroy();
});

test.runIf(linux && process.arch === 'x64')(
  'SwiftShader computes when asked for, and says so',
  async () => {
    const lines: string[] = [];
    const gpu = await requestGpu({ device: 'swiftshader', log: (line) => lines.push(line) });
    expect(gpu.adapter.architecture).toBe('swiftshader');
    expect(gpu.traits.software).toBe(true);
    expect(lines).toEqual([
      'SwiftShader, a software adapter, computes on the CPU, as asked. Slow but exact.',
    ]);
    expect(gpu.notes).toEqual(lines);
    expect(process.env.VK_DRIVER_FILES ?? '').not.toContain('swiftshader');
    gpu.destroy();
  },
);

test.runIf(linux && lavapipeManifest())('one process can use both software adapters', async () => {
  const names: string[] = [];
  for (const device of ['lavapipe', 'swiftshader', 'lavapipe'] as const) {
    const gpu = await requestGpu({ device });
    names.push(gpu.adapter.description);
    gpu.destroy();
  }
  expect(names[0]).toMatch(/llvmpipe/);
  expect(names[1]).toMatch(/swiftshader/i);
  expect(names[2]).toBe(names[0]);
});

test('a demand for hardware gives hardware or a named error, never the CPU', async () => {
  const gpu = await requestGpu({ device: 'gpu' }).catch((error) => error);
  if (gpu instanceof Error) {
    expect(gpu).toMatchObject({ code: 'no-gpu', remedy: expect.stringMatching(/--device auto/) });
  } else {
    expect(gpu.traits.software).toBe(false);
    gpu.destroy();
  }
});

test('a wrapped device is known by the same traits and is left alive', async () => {
  const gpu = await testGpu();
  const wrapped = gpuFrom(gpu.device);
  expect(wrapped.traits).toEqual(gpu.traits);
  expect(wrapped.lost).toBe(gpu.lost);
  wrapped.destroy();
  expect(gpu.isLost).toBe(false);
});

test('the description names the adapter, its limits and what is slow', async () => {
  const gpu = await testGpu();
  const lines = describeGpu(gpu);
  expect(lines[0]).toContain(gpu.adapter.description);
  expect(lines.join('\n')).toMatch(/Features: f16 (yes|no), subgroups (of \d+|no)/);
  expect(lines.some((line) => /^Slow: every kernel runs on the CPU/.test(line))).toBe(
    gpu.traits.software,
  );
});
