import { expect, test } from 'vitest';
import { asChoice } from './choice.ts';
import { requestGpu } from './request.ts';
import { adapterLabel, isSoftware, runtimeName } from './traits.ts';

test('a device is chosen by its word, in any case; nothing means auto', () => {
  expect(asChoice(undefined, 'x')).toBe('auto');
  expect(asChoice('', 'x')).toBe('auto');
  expect(asChoice('SwiftShader', 'x')).toBe('swiftshader');
});

test('a misspelt device names the nearest before anything is loaded', async () => {
  expect(() => asChoice('lavapie', 'ATTUNE_DEVICE')).toThrow(
    expect.objectContaining({
      code: 'unknown-device',
      remedy: expect.stringContaining('lavapipe was meant'),
    }),
  );
  await expect(requestGpu({ device: 'cuda' as 'gpu' })).rejects.toMatchObject({
    code: 'unknown-device',
  });
});

test('software adapters are known by their flag or their name, on every platform', () => {
  expect(isSoftware({ isFallbackAdapter: true })).toBe(true);
  expect(isSoftware({ description: 'llvmpipe (LLVM 15.0.6, 256 bits)' })).toBe(true);
  expect(isSoftware({ vendor: 'google', architecture: 'swiftshader' })).toBe(true);
  expect(isSoftware({ description: 'Microsoft Basic Render Driver' })).toBe(true);
  expect(isSoftware({ vendor: 'apple', architecture: 'metal-3' })).toBe(false);
  expect(isSoftware({ vendor: 'nvidia', description: 'NVIDIA GeForce RTX 4090' })).toBe(false);
});

test('adapters are called by the names that people use', () => {
  expect(adapterLabel({ description: 'llvmpipe: Mesa 25.0.7-2 (LLVM 15.0.6)' })).toBe(
    'lavapipe (Mesa 25.0.7)',
  );
  expect(adapterLabel({ architecture: 'swiftshader' })).toBe('SwiftShader');
  expect(adapterLabel({ vendor: 'apple', architecture: 'metal-3' })).toBe('apple metal-3');
  expect(runtimeName()).toBe('node');
});
