import { expect, test } from 'vitest';
import { createBuffer } from './buffers.ts';
import { pipeline } from './pipeline.ts';
import { testGpu } from './testing.ts';
import { Timer } from './timer.ts';

const code = `
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  var s = f32(id.x);
  for (var i = 0u; i < 500u; i++) { s = fma(s, 0.999, 1.0); }
  x[id.x] = s;
}`;

async function work() {
  const gpu = await testGpu();
  const made = await pipeline(gpu, code, 'spin');
  const buffer = createBuffer(gpu, { label: 'x', size: 65_536, usage: 0x80 });
  const group = gpu.device.createBindGroup({
    layout: made.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  const encode = (dispatches: number) => (pass: GPUComputePassEncoder) => {
    pass.setPipeline(made);
    pass.setBindGroup(0, group);
    for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(256);
  };
  return { gpu, encode, buffer };
}

for (const wallClock of [false, true]) {
  test(`more work takes longer, by ${wallClock ? 'the wall clock' : 'timestamps where there'}`, async () => {
    const { gpu, encode, buffer } = await work();
    const timer = new Timer(gpu, { wallClock });
    const timestamps = gpu.traits.timestamps && !wallClock;
    expect(timer.source).toBe(timestamps ? 'timestamps' : 'wall clock');
    await timer.time('warm', encode(1));
    const parts = [['one', encode(1)] as const, ['sixteen', encode(16)] as const];
    for (let i = 0; i < 5; i++) {
      const taken = await timer.timeEach(parts);
      expect(taken).toHaveLength(2);
      expect(taken.every((ms) => ms >= 0)).toBe(true);
    }
    expect(timer.samples('one')).toHaveLength(5);
    const { one, sixteen } = timer.medians();
    expect(sixteen).toBeGreaterThan(2 * one!);
    expect(timer.median('one')).toBe(one);
    expect(timer.median('never')).toBeNaN();
    buffer.destroy();
  });
}
