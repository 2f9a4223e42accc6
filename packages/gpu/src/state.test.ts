import { expect, test } from 'vitest';
import { allocate, createBuffer, liveBuffers, liveBytes } from './buffers.ts';
import { AttuneError } from './error.ts';
import { gpuFrom } from './gpu.ts';
import { readBuffer } from './read.ts';
import { stateOf } from './state.ts';

/** A device that fails on command, as no real one does. */
function fakeDevice() {
  const events = new EventTarget();
  const scopes: { filter: string; error: object | null }[] = [];
  const fake = {
    made: [] as { size: number; label: string; destroyed: boolean }[],
    /** The createBuffer call, counted from 1, that finds no memory. */
    exhaustedAt: 0,
    mapError: undefined as Error | undefined,
    lose(reason: string, message = '') {
      lose({ reason, message });
    },
    fail(error: object) {
      events.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }));
    },
  };
  let lose!: (info: object) => void;
  const device = {
    label: 'fake',
    limits: { maxBufferSize: 1 << 28, maxStorageBufferBindingSize: 1 << 27 },
    features: new Set(),
    lost: new Promise((resolve) => {
      lose = resolve;
    }),
    addEventListener: events.addEventListener.bind(events),
    pushErrorScope: (filter: string) => scopes.push({ filter, error: null }),
    popErrorScope: async () => scopes.pop()?.error ?? null,
    createBuffer({ size, usage, label, mappedAtCreation }: GPUBufferDescriptor) {
      const buffer = new FakeBuffer(size, usage, label ?? '', fake);
      fake.made.push(buffer);
      if (fake.made.length === fake.exhaustedAt) {
        if (mappedAtCreation) throw new RangeError('no memory');
        const scope = scopes.findLast(({ filter }) => filter === 'out-of-memory');
        if (scope) scope.error = { message: 'no memory' };
      }
      return buffer;
    },
    createCommandEncoder: () => ({ copyBufferToBuffer() {}, finish() {} }),
    queue: { submit() {} },
  };
  return Object.assign(fake, { device: device as unknown as GPUDevice });
}

class FakeBuffer {
  destroyed = false;
  readonly size: number;
  readonly usage: number;
  readonly label: string;
  readonly fake: { mapError: Error | undefined };
  constructor(size: number, usage: number, label: string, fake: { mapError: Error | undefined }) {
    this.size = size;
    this.usage = usage;
    this.label = label;
    this.fake = fake;
  }
  async mapAsync() {
    if (this.fake.mapError) throw this.fake.mapError;
  }
  getMappedRange = () => new ArrayBuffer(this.size);
  unmap() {}
  destroy() {
    this.destroyed = true;
  }
}

const never = () => new Promise<never>(() => {});
const storage = { label: 'x', size: 64, usage: 0x84 };

test('work that never ends rejects as soon as the device is lost, with reason and remedy', async () => {
  const { device, lose } = fakeDevice();
  const gpu = gpuFrom(device);
  const waiting = [gpu.race(never()), gpu.race(never())];
  lose('unknown', 'DXGI_ERROR_DEVICE_HUNG\n  at somewhere');
  for (const work of waiting) {
    await expect(work).rejects.toMatchObject({
      code: 'device-lost',
      message: expect.stringContaining('(DXGI_ERROR_DEVICE_HUNG)'),
      remedy: expect.stringContaining('checkpoint'),
    });
  }
  expect(gpu.isLost).toBe(true);
  await expect(gpu.lost).resolves.toBeInstanceOf(AttuneError);
  await expect(gpu.race(Promise.resolve(1))).rejects.toMatchObject({ code: 'device-lost' });
  await expect(gpu.race(Promise.reject(new Error('unseen')))).rejects.toMatchObject({
    code: 'device-lost',
  });
  expect(() => createBuffer(gpu, storage)).toThrow(/lost/);
  await expect(allocate(gpu, [storage])).rejects.toMatchObject({ code: 'device-lost' });
});

test('a map that fails a moment before its loss is announced is reported as the loss', async () => {
  const { device, lose } = fakeDevice();
  const gpu = gpuFrom(device);
  const error = Object.assign(new Error('map aborted'), { name: 'AbortError' });
  const work = gpu.race(Promise.reject(error));
  setTimeout(() => lose('unknown'), 5);
  await expect(work).rejects.toMatchObject({ code: 'device-lost' });
});

test('errors of WebGPU come out wrapped, all others as they are', async () => {
  const gpu = gpuFrom(fakeDevice().device);
  const webgpu = Object.assign(new Error('map failed'), { name: 'OperationError' });
  await expect(gpu.race(Promise.reject(webgpu))).rejects.toMatchObject({ code: 'gpu-error' });
  const own = new Error('of the caller');
  await expect(gpu.race(Promise.reject(own))).rejects.toBe(own);
});

test('a thousand awaits leave nothing behind on the promise of loss', async () => {
  const { device } = fakeDevice();
  const gpu = gpuFrom(device);
  for (let i = 0; i < 1000; i++) await gpu.race(Promise.resolve(i));
  expect(stateOf(device).waiting.size).toBe(0);
});

test('an error that no call could throw is thrown by the next await, once', async () => {
  const { device, fail } = fakeDevice();
  const gpu = gpuFrom(device);
  fail({ message: 'bind group is invalid\n - While encoding' });
  fail({ message: 'second' });
  await expect(gpu.race(Promise.resolve())).rejects.toMatchObject({
    code: 'gpu-error',
    message: expect.stringMatching(/bind group is invalid \(and 1 more after it\)$/),
  });
  await expect(gpu.race(Promise.resolve(7))).resolves.toBe(7);
});

test('memory that runs out at any of the buffers is an error with the numbers, and leaves no buffer', async () => {
  for (let k = 1; k <= 5; k++) {
    const fake = fakeDevice();
    fake.exhaustedAt = k;
    const requests = Array.from({ length: 5 }, (_, i) => ({ ...storage, label: `layer ${i}` }));
    const error = await allocate(fake.device, requests).catch((e) => e);
    expect(error).toMatchObject({ code: 'out-of-memory' });
    expect(error.message).toMatch(/5 buffers \(layer 0, layer 1, layer 2, …\) ask for 320 bytes/);
    expect(error.message).toMatch(/allows 256\.0 MiB in a buffer and 128\.0 MiB in a binding/);
    expect(fake.made.every(({ destroyed }) => destroyed)).toBe(true);
    expect([liveBytes(fake.device), liveBuffers(fake.device)]).toEqual([0, 0]);
  }
});

test('memory that runs out in createBuffer is thrown by the next await, and a RangeError never', async () => {
  const fake = fakeDevice();
  fake.exhaustedAt = 1;
  createBuffer(fake.device, storage);
  const next = gpuFrom(fake.device).race(new Promise((done) => setTimeout(done)));
  await expect(next).rejects.toMatchObject({ code: 'out-of-memory' });
  fake.exhaustedAt = 2;
  expect(() => createBuffer(fake.device, { ...storage, mappedAtCreation: true })).toThrow(
    expect.objectContaining({ code: 'out-of-memory' }),
  );
});

test('what the limits forbid is refused before the driver is asked', () => {
  const fake = fakeDevice();
  const sizes = [2 ** 27 + 4, 2 ** 40, Number.POSITIVE_INFINITY, Number.NaN];
  for (const size of sizes) {
    expect(() => createBuffer(fake.device, { ...storage, size })).toThrow(
      expect.objectContaining({ code: 'out-of-memory' }),
    );
  }
  expect(fake.made).toHaveLength(0);
  expect(createBuffer(fake.device, { label: 'copy', size: 2 ** 27 + 4, usage: 4 }).size).toBe(
    2 ** 27 + 4,
  );
});

test('a staging buffer is used again after a read, but never after a failed map', async () => {
  const fake = fakeDevice();
  const source = createBuffer(fake.device, storage);
  for (let i = 0; i < 5; i++) await readBuffer(fake.device, source);
  expect(fake.made).toHaveLength(2);
  fake.mapError = Object.assign(new Error('map failed'), { name: 'OperationError' });
  await expect(readBuffer(fake.device, source)).rejects.toMatchObject({ code: 'gpu-error' });
  expect(fake.made[1]!.destroyed).toBe(true);
  fake.mapError = undefined;
  await readBuffer(fake.device, source);
  expect(fake.made).toHaveLength(3);
});
