import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { array, runRecorded, shader } from '../contract/index.ts';
import { philox, randomText, uniform01 } from './random.ts';

const source = shader(
  'random.test',
  `#include "random.wgsl"
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> inputs: array<u32>;
@group(0) @binding(2) var<storage, read_write> words: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> fractions: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.count) { return; }
  let i = 6u * id.x;
  let counter = vec4u(inputs[i], inputs[i + 1u], inputs[i + 2u], inputs[i + 3u]);
  words[id.x] = philox(counter, vec2u(inputs[i + 4u], inputs[i + 5u]));
  fractions[id.x] = uniform01(words[id.x].x);
}`,
  { 'random.wgsl': randomText },
);

test('the kernel and TypeScript make the same bits', async () => {
  const { device } = await testGpu();
  const count = 500;
  const inputs = Uint32Array.from({ length: 6 * count }, (_, i) => Math.imul(i, 2654435761) >>> 0);
  inputs.set([0, 0, 0, 0, 0, 0], 0);
  inputs.set(new Array(6).fill(0xffffffff), 6);
  const { words, fractions } = await runRecorded(
    device,
    { inputs: array([6 * count], inputs) },
    (r, { inputs }) => {
      const words = r.tensor('words', [4 * count], 'u32');
      const fractions = r.tensor('fractions', [count]);
      const tensors = { inputs: inputs!, words, fractions };
      r.dispatch(source, { tensors, params: { count }, workgroups: Math.ceil(count / 64) });
      return { words, fractions };
    },
  );
  for (let i = 0; i < count; i++) {
    const [a, b, c, d, k0, k1] = inputs.subarray(6 * i) as unknown as number[];
    const expected = philox([a!, b!, c!, d!], [k0!, k1!]);
    expect([...words!.data.subarray(4 * i, 4 * i + 4)]).toEqual(expected);
    expect(fractions!.data[i]).toBe(uniform01(expected[0]));
  }
});
