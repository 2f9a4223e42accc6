import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { runRecorded } from './prepare.ts';
import { shader } from './shader.ts';

const part = `#if HALF
fn share(x: f32) -> f32 { return 0.5 * x; }
#else
fn share(x: f32) -> f32 { return 2u; }
#endif
`;
const text = `// A comment.
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
#include "part.wgsl"
@compute @workgroup_size(1)
fn main() {
#if BROKEN
  y[0] = share(1i);
#endif
  y[params.count] = share(1.0);
}
`;
const source = shader('whole.forward', text, { 'part.wgsl': part });

async function run(defines: Record<string, boolean>) {
  const { device } = await testGpu();
  return runRecorded(device, {}, (recorder) => {
    const y = recorder.tensor('y', [4]);
    recorder.dispatch(source, {
      tensors: { y },
      defines,
      constants: { UNUSED: 3 },
      params: { count: 1 },
      workgroups: 1,
    });
    return { y };
  });
}

test('a shader with an included file runs', async () => {
  expect((await run({ HALF: true })).y!.data[1]).toBe(0.5);
});

test('an error in an included file names that file, its line, and whose part it is', async () => {
  await expect(run({})).rejects.toMatchObject({
    code: 'shader-compile',
    message: expect.stringMatching(
      /^part\.wgsl:4:\d+: .* \(part of whole\.forward\)\nfn share\(x: f32\) -> f32 \{ return 2u; \}$/,
    ),
  });
});

test('an error below an included file names the line of the kernel’s own file', async () => {
  await expect(run({ HALF: true, BROKEN: true })).rejects.toMatchObject({
    code: 'shader-compile',
    message: expect.stringMatching(/^whole\.forward\.wgsl:9:\d+: .*\n {2}y\[0\] = share\(1i\);$/),
  });
});
