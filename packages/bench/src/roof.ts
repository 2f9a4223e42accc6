import { createBuffer, type Gpu, pipeline } from '@attune/gpu';
import type { Contender } from './rounds.ts';

const steps = 512;
const invocations = 256 * 64;

/**
 * Two ways to keep the multipliers busy. `chained`, as other benchmarks have it, holds 20 vectors of
 * lanes: more than the 16 registers of AVX2, so that lavapipe spills and reads a third too low (31.7
 * against 49.0 GFLOP a CPU-second). The roof is the better of the two.
 */
const forms = {
  'roof, chained': {
    flops: invocations * steps * 8 * 4 * 2,
    start: 'let k = a * 0.5; var d = a + 0.3;',
    turn: `a = fma(a, k, b); b = fma(b, k, c); c = fma(c, k, d); d = fma(d, k, a);
    a = fma(a, k, b); b = fma(b, k, c); c = fma(c, k, d); d = fma(d, k, a);`,
    end: 'a + b + c + d',
  },
  'roof, independent': {
    flops: invocations * steps * 12 * 4 * 2,
    start: 'let k = vec4f(a.x * 0.5); let q = vec4f(a.y + 0.7);',
    turn: 'a = fma(a, k, q); b = fma(b, k, q); c = fma(c, k, q);'.repeat(4),
    end: 'a + b + c',
  },
};

/** A contender that computes in registers only, and its operations a run. */
export interface Roof extends Contender {
  readonly flops: number;
}

/** Fused multiply-adds in registers, no memory in the loop: the better of these is the adapter's f32 roof. */
export async function roofs(gpu: Gpu): Promise<Roof[]> {
  return Promise.all(
    Object.entries(forms).map(async ([name, { flops, start, turn, end }]) => {
      const code = `
@group(0) @binding(0) var<storage, read_write> o: array<vec4f>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var a = o[id.x];
  var b = a + 0.1;
  var c = a + 0.2;
  ${start}
  for (var i = 0u; i < ${steps}u; i++) {
    ${turn}
  }
  o[id.x] = ${end};
}`;
      return { name, flops, run: await dispatcher(gpu, code) };
    }),
  );
}

async function dispatcher(gpu: Gpu, code: string): Promise<() => Promise<void>> {
  const { device } = gpu;
  const compiled = await pipeline(device, code, 'roof');
  const buffer = createBuffer(device, {
    label: 'roof',
    size: invocations * 16,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
  });
  const group = device.createBindGroup({
    layout: compiled.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  const start = Float32Array.from({ length: invocations * 4 }, (_, i) => (i % 89) / 89);
  return async () => {
    device.queue.writeBuffer(buffer, 0, start); // sums that grow run by run would end at infinity
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(compiled);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(64);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await gpu.race(device.queue.onSubmittedWorkDone());
  };
}
