import { expect, test } from 'vitest';
import { allocate, createBuffer } from './buffers.ts';
import type { Gpu } from './gpu.ts';
import { pipeline } from './pipeline.ts';
import { readBuffer } from './read.ts';
import { requestGpu } from './request.ts';
import { Timer } from './timer.ts';

const spinning = (turns: number) => `
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  var s = f32(id.x);
  for (var i = 0u; i < ${turns}u; i++) { s = fma(s, 0.999, 1.0); }
  x[id.x] = s;
}`;

interface Job {
  gpu: Gpu;
  buffer: GPUBuffer;
  encode(pass: GPUComputePassEncoder): void;
  submit(): void;
}

async function job(): Promise<Job> {
  const gpu = await requestGpu();
  const { device } = gpu;
  const buffer = createBuffer(gpu, { label: 'x', size: 65_536, usage: 0x8c });
  const made = await pipeline(gpu, spinning(5000), 'spin');
  const entries = [{ binding: 0, resource: { buffer } }];
  const group = device.createBindGroup({ layout: made.getBindGroupLayout(0), entries });
  const encode = (pass: GPUComputePassEncoder) => {
    pass.setPipeline(made);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(256);
  };
  const submit = () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    encode(pass);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  return { gpu, buffer, encode, submit };
}

/** Each begins an await; the device is destroyed at once after it, or before where `begin` destroys it itself. */
const points: Record<string, (job: Job) => Promise<unknown>> = {
  'before anything is encoded': ({ gpu, buffer, submit }) => {
    gpu.destroy();
    submit();
    return readBuffer(gpu, buffer);
  },
  'after a submit, while its end is awaited': ({ gpu, submit }) => {
    submit();
    return gpu.race(gpu.device.queue.onSubmittedWorkDone());
  },
  'while a buffer is mapped for reading': ({ gpu, buffer, submit }) => {
    submit();
    return readBuffer(gpu, buffer);
  },
  'while a pipeline compiles': ({ gpu }) => pipeline(gpu, spinning(7), 'late'),
  'while memory is allocated': ({ gpu }) =>
    allocate(gpu, [{ label: 'late', size: 1 << 20, usage: 0x80 }]),
  'while work is timed': ({ gpu, encode }) => new Timer(gpu).time('spin', encode),
  'while work is timed by the wall': ({ gpu, encode }) =>
    new Timer(gpu, { wallClock: true }).time('spin', encode),
  'while nothing but a timer is awaited': ({ gpu }) =>
    gpu.race(new Promise((done) => setTimeout(done, 5000))),
};

for (const [point, begin] of Object.entries(points)) {
  test(`a device lost ${point} rejects what is awaited within a second`, async () => {
    const made = await job();
    const awaited = begin(made);
    const settled = awaited.then(
      () => 'resolved',
      (error) => error,
    );
    made.gpu.destroy();
    const start = performance.now();
    expect(await settled).toMatchObject({ code: 'device-lost' });
    expect(performance.now() - start).toBeLessThan(1000);
    expect(made.gpu.isLost).toBe(true);
    await expect(readBuffer(made.gpu, made.buffer)).rejects.toMatchObject({ code: 'device-lost' });
    await expect(pipeline(made.gpu, spinning(9), 'after')).rejects.toMatchObject({
      code: 'device-lost',
    });
    expect(() => createBuffer(made.gpu, { label: 'y', size: 4, usage: 8 })).toThrow(
      expect.objectContaining({ code: 'device-lost' }),
    );
  });
}

test('work on one device goes on undisturbed while another is lost', async () => {
  const [kept, lost] = [await job(), await job()];
  kept.submit();
  const read = readBuffer(kept.gpu, kept.buffer);
  lost.submit();
  const failed = readBuffer(lost.gpu, lost.buffer).catch((error) => error);
  lost.gpu.destroy();
  expect(new Float32Array(await read)[0]).toBeGreaterThan(900);
  expect(await failed).toMatchObject({ code: 'device-lost' });
  kept.gpu.destroy();
});

test('the same work on the next device gives the same bits', async () => {
  const results: Uint32Array[] = [];
  for (let i = 0; i < 2; i++) {
    const { gpu, buffer, submit } = await job();
    submit();
    results.push(new Uint32Array(await readBuffer(gpu, buffer)));
    gpu.destroy();
  }
  expect(results[0]).toEqual(results[1]);
});
