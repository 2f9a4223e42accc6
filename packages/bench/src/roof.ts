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

/** A contender that does nothing but arithmetic, or nothing but copying, and how much of it a run. */
export interface Roof extends Contender {
  /** Floating-point operations, or bytes read and written. */
  readonly work: number;
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
      const numbers = Float32Array.from({ length: invocations * 4 }, (_, i) => (i % 89) / 89);
      // Sums that grow run by run would end at infinity.
      return { name, work: flops, run: await dispatcher(gpu, code, 64, [numbers], true) };
    }),
  );
}

const copied = 2 ** 25;

/** Copies 32 MiB by vectors of four: the adapter's bandwidth roof, in bytes read and written. */
export async function copyRoof(gpu: Gpu): Promise<Roof> {
  const code = `
@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = x[id.x];
}`;
  const numbers = () => new Float32Array(copied / 4).fill(0.5);
  const run = await dispatcher(gpu, code, copied / 16 / 64, [numbers(), numbers()]);
  return { name: 'roof, copying', work: 2 * copied, run };
}

async function dispatcher(
  gpu: Gpu,
  code: string,
  workgroups: number,
  contents: readonly Float32Array<ArrayBuffer>[],
  rewrites = false,
): Promise<Roof['run']> {
  const { device } = gpu;
  const compiled = await pipeline(device, code, 'roof');
  const buffers = contents.map((content) => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const buffer = createBuffer(device, { label: 'roof', size: content.byteLength, usage });
    device.queue.writeBuffer(buffer, 0, content);
    return buffer;
  });
  const group = device.createBindGroup({
    layout: compiled.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return async () => {
    if (rewrites) device.queue.writeBuffer(buffers[0]!, 0, contents[0]!);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(compiled);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(workgroups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await gpu.race(device.queue.onSubmittedWorkDone());
  };
}
