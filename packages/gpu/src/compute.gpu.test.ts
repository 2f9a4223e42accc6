import { beforeAll, expect, test } from 'vitest';
import { allocate, createBuffer, liveBuffers, liveBytes } from './buffers.ts';
import { foldWorkgroups } from './dispatch.ts';
import type { Gpu } from './gpu.ts';
import { pipeline } from './pipeline.ts';
import { readBuffer } from './read.ts';
import { requestGpu } from './request.ts';
import { testGpu } from './testing.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

const usage = 0x8c; // STORAGE, COPY_SRC, COPY_DST

async function run(code: string, buffer: GPUBuffer, workgroups: [number, number, number]) {
  const made = await pipeline(gpu.device, code, 'test');
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(made);
  const entries = [{ binding: 0, resource: { buffer } }];
  pass.setBindGroup(0, gpu.device.createBindGroup({ layout: made.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(...workgroups);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
}

const counting = (count: number) => `
@group(0) @binding(0) var<storage, read_write> seen: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) n: vec3u) {
  let i = id.x + n.x * (id.y + n.y * id.z);
  if (i >= ${count}u) { return; }
  seen[i] += 1u;
}`;

test('folded dispatches reach every workgroup once, on both sides of 65,535', async () => {
  for (const count of [1, 65_534, 65_535, 65_536, 65_537, 300_007]) {
    const seen = createBuffer(gpu, { label: 'seen', size: 4 * (count + 8), usage });
    await run(counting(count), seen, foldWorkgroups(count, gpu.traits.maxWorkgroups));
    const result = new Uint32Array(await readBuffer(gpu, seen));
    expect(result.subarray(0, count).every((n) => n === 1)).toBe(true);
    expect(result.subarray(count).every((n) => n === 0)).toBe(true);
    seen.destroy();
  }
});

test('NaN and infinity are told by their bits inside a shader', async () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 3.4e38, 1e-45];
  const buffer = createBuffer(gpu, { label: 'values', size: 24, usage });
  gpu.device.queue.writeBuffer(buffer, 0, new Float32Array(values));
  await run(
    `@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@compute @workgroup_size(6) fn main(@builtin(local_invocation_index) i: u32) {
  x[i] = select(0u, 1u, (x[i] & 0x7f800000u) == 0x7f800000u);
}`,
    buffer,
    [1, 1, 1],
  );
  expect([...new Uint32Array(await readBuffer(gpu, buffer))]).toEqual([1, 1, 1, 0, 0, 0]);
  buffer.destroy();
});

test('any range of bytes can be read, aligned or not, and an impossible one is named', async () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) % 256);
  const buffer = createBuffer(gpu, { label: 'bytes', size: 1000, usage });
  gpu.device.queue.writeBuffer(buffer, 0, bytes);
  const ranges = [
    [0, 1000],
    [4, 8],
    [1, 1],
    [3, 2],
    [997, 3],
    [500, 0],
  ] as const;
  for (const [offset, length] of ranges) {
    const read = new Uint8Array(await readBuffer(gpu.device, buffer, offset, length));
    expect(read).toEqual(bytes.slice(offset, offset + length));
  }
  for (const [offset, length] of [
    [-4, 4],
    [0, 1001],
    [996, 8],
    [0.5, 4],
  ] as const) {
    await expect(readBuffer(gpu, buffer, offset, length)).rejects.toMatchObject({
      code: 'out-of-range',
    });
  }
  const mute = createBuffer(gpu, { label: 'mute', size: 16, usage: 0x80 });
  await expect(readBuffer(gpu, mute)).rejects.toThrow(/without COPY_SRC/);
  buffer.destroy();
  mute.destroy();
});

test('a read longer than one piece is put together again', async () => {
  const words = (80 << 20) / 4;
  const buffer = createBuffer(gpu, { label: 'long', size: 4 * words, usage });
  const marks = [0, (64 << 20) / 4 - 1, (64 << 20) / 4, words - 1];
  for (const at of marks) gpu.device.queue.writeBuffer(buffer, 4 * at, new Uint32Array([at + 1]));
  const read = new Uint32Array(await readBuffer(gpu, buffer));
  for (const at of marks) expect(read[at]).toBe(at + 1);
  expect(read.reduce((sum, value) => sum + value, 0)).toBe(
    marks.reduce((sum, at) => sum + at + 1, 0),
  );
  buffer.destroy();
});

test('bytes are counted while a buffer lives, and destroying it twice counts once', async () => {
  // A device of its own: on the shared one, what other tests have dropped may be collected meanwhile.
  const gpu = await requestGpu();
  const before = [liveBytes(gpu), liveBuffers(gpu)] as const;
  const made = await allocate(gpu, [
    { label: 'a', size: 10, usage },
    { label: 'b', size: 4096, usage },
  ]);
  expect(made[0]!.size).toBe(12);
  expect(liveBytes(gpu) - before[0]).toBe(12 + 4096);
  expect(liveBuffers(gpu.device) - before[1]).toBe(2);
  for (const buffer of [...made, ...made]) buffer.destroy();
  expect([liveBytes(gpu), liveBuffers(gpu)]).toEqual(before);
  gpu.destroy();
});

test('a pipeline is compiled once for each text, and several at once', async () => {
  const codes = [1, 2, 3].map((n) => counting(n));
  const made = await Promise.all([...codes, ...codes].map((code) => pipeline(gpu, code, 'count')));
  expect(new Set(made).size).toBe(3);
  expect(made.slice(0, 3)).toEqual(made.slice(3));
});

test('a shader that does not compile is an error with its line, and the device goes on', async () => {
  const code = 'fn ok() {}\n@compute @workgroup_size(1) fn main() {\n  let x: f32 = 1u;\n}\n';
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(pipeline(gpu, code, 'broken')).rejects.toMatchObject({
      code: 'shader-compile',
      message: expect.stringMatching(/^broken:3:\d+: .*\n {2}let x: f32 = 1u;$/),
    });
  }
  await expect(pipeline(gpu, counting(9), 'fine')).resolves.toBeDefined();
});

test('a shader that asks for more than the adapter has is refused before any dispatch', async () => {
  const words = gpu.traits.maxWorkgroupMemory / 4 + 1;
  const code = `var<workgroup> big: array<u32, ${words}>;
@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3u) { big[id.x] = 1u; x[0] = big[id.y]; }`;
  await expect(pipeline(gpu, code, 'greedy')).rejects.toMatchObject({
    code: 'shader-compile',
    message: expect.stringMatching(/greedy does not compile: .*workgroup storage/i),
  });
});

test('an invalid dispatch is an error of the next await, and of no later one', async () => {
  const buffer = createBuffer(gpu, { label: 'x', size: 16, usage });
  const made = await pipeline(gpu, counting(1), 'count');
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(made);
  pass.dispatchWorkgroups(1);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
  await expect(readBuffer(gpu, buffer)).rejects.toMatchObject({ code: 'gpu-error' });
  await expect(readBuffer(gpu, buffer)).resolves.toBeInstanceOf(ArrayBuffer);
  buffer.destroy();
});

test('buffers that the adapter refuses are errors that say what was asked and what is allowed', async () => {
  const gpu = await requestGpu();
  const { maxBuffer, maxStorageBinding } = gpu.traits;
  const before = liveBytes(gpu);
  for (const size of [maxBuffer + 4, maxStorageBinding + 4]) {
    const requests = [
      { label: 'small', size: 64, usage },
      { label: 'huge', size, usage },
    ];
    const error = await allocate(gpu, requests).catch((e) => e);
    expect(error).toMatchObject({ code: 'out-of-memory' });
    expect(error.message).toMatch(/huge asks for .* The adapter allows .* in a buffer/);
  }
  await expect(allocate(gpu, [{ label: 'odd', size: 4, usage: 0x83 }])).rejects.toMatchObject({
    code: 'gpu-error',
    message: expect.stringContaining('odd'),
  });
  expect(liveBytes(gpu)).toBe(before);
  gpu.destroy();
});
