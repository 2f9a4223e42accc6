// What can only be seen from outside: each test runs a program of its own.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
// Inside the package, so that the programs find `webgpu` as it does.
const cache = fileURLToPath(new URL('../node_modules/.cache', import.meta.url));
let folder: string;

beforeAll(() => {
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(`${cache}/attune-`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const prelude = `
import { allocate, createBuffer, pipeline, readBuffer, requestGpu } from './index.ts';
const spin = (turns) => \`
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  var s = f32(id.x);
  for (var i = 0u; i < \${turns}u; i++) { s = fma(s, 0.999, 1.0); }
  x[id.x % 1024u] = s;
}\`;
async function run(gpu, turns, workgroups) {
  const buffer = createBuffer(gpu, { label: 'x', size: 4096, usage: 0x84 });
  const made = await pipeline(gpu, spin(turns), 'spin');
  const entries = [{ binding: 0, resource: { buffer } }];
  const group = gpu.device.createBindGroup({ layout: made.getBindGroupLayout(0), entries });
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(made);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(workgroups);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
  const result = new Float32Array(await readBuffer(gpu, buffer));
  buffer.destroy();
  return result;
}
`;

interface Ended {
  status: number | string | null;
  output: string;
}

async function program(
  text: string,
  start: (file: string) => string[] = (file) => [process.execPath, file],
): Promise<Ended> {
  const file = `${folder}/${Math.random().toString(36).slice(2)}.mjs`;
  const { build } = await import('esbuild');
  await build({
    stdin: { contents: prelude + text, resolveDir: here, loader: 'js' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outfile: file,
    logLevel: 'silent',
  });
  const [command, ...args] = start(file);
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const status = await new Promise<number | string | null>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  return { status, output };
}

test('the process lives through garbage collections in the middle of work, and ends by itself', async () => {
  const text = `
{
  const gpu = await requestGpu();
  for (let i = 0; i < 40; i++) {
    const work = run(gpu, 100 + i, 4);
    globalThis.gc();
    const x = await work;
    globalThis.gc();
    if (!(x[5] > 1)) throw new Error('wrong');
    if (i % 10 === 9) await new Promise((done) => setTimeout(done, 1));
  }
  gpu.destroy();
}
globalThis.gc();
console.log('done');
`;
  const ended = await program(text, (file) => [process.execPath, '--expose-gc', file]);
  expect(ended).toEqual({ status: 0, output: 'done\n' });
});

test('a process that never gives its device back ends by itself too', async () => {
  const ended = await program('console.log((await run(await requestGpu(), 10, 1))[0] > 1);');
  expect(ended).toEqual({ status: 0, output: 'true\n' });
});

test('while a dispatch runs the process looks for its end about once a millisecond', async () => {
  const text = `
const gpu = await requestGpu();
await run(gpu, 1, 1);
let looks = 0;
const calm = globalThis.setImmediate;
globalThis.setImmediate = (...all) => { looks++; return calm(...all); };
let turns = 2000, wall = 0;
while (wall < 200) {
  turns *= 4;
  looks = 0;
  const start = performance.now();
  await run(gpu, turns, 64);
  wall = performance.now() - start;
}
console.log(JSON.stringify({ looks, wall }));
`;
  const { status, output } = await program(text);
  expect(status).toBe(0);
  const { looks, wall } = JSON.parse(output);
  expect(looks).toBeGreaterThan(0);
  // The spin at the start of each of three waits, then at most one look in a millisecond.
  expect(looks).toBeLessThan(500 + wall);
});

test('a worker thread that shares the environment has its own device', async () => {
  const text = `
import { Worker, isMainThread, parentPort, SHARE_ENV } from 'node:worker_threads';
if (isMainThread) {
  for (let i = 0; i < 2; i++) {
    const worker = new Worker(new URL(import.meta.url), { env: SHARE_ENV });
    const result = await new Promise((resolve, reject) => {
      worker.on('message', resolve);
      worker.on('error', reject);
    });
    console.log(result);
    await worker.terminate();
  }
} else {
  const gpu = await requestGpu();
  parentPort.postMessage((await run(gpu, 10, 1))[0] > 1);
}
`;
  expect(await program(text)).toEqual({ status: 0, output: 'true\ntrue\n' });
});

test('a software adapter is not asked for memory that the machine has not got', async () => {
  const text = `
const gpu = await requestGpu();
if (!gpu.traits.software) console.log('hardware');
else {
  process.availableMemory = () => 2 ** 26;
  const requests = Array.from({ length: 5 }, (_, i) => ({ label: 'layer ' + i, size: 2 ** 24, usage: 0x84 }));
  const error = await allocate(gpu, requests).catch((error) => error);
  console.log(error.code, error.message);
  try { createBuffer(gpu, { label: 'whole', size: 2 ** 27, usage: 0x84 }); } catch (error) { console.log(error.code); }
}
`;
  const { status, output } = await program(text);
  expect(status).toBe(0);
  if (output === 'hardware\n') return;
  expect(output).toMatch(
    /^out-of-memory 5 buffers .* ask for 80\.0 MiB\..* this machine has 64\.0 MiB left\.\nout-of-memory\n$/,
  );
});

// lavapipe grants such memory and crashes at its first use, which is why the machine's is looked at before.
test.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'memory that the driver refuses is a named error',
  async () => {
    const text = `
const gpu = await requestGpu({ device: 'swiftshader' });
let error;
let granted = 0;
for (; granted < 200 && !error; granted++) {
  await allocate(gpu, [{ label: 'hoard', size: 2 ** 27, usage: 0x84 }]).catch((e) => { error = e; });
}
console.log(error.code, granted > 1, /the driver says: .*OUT_OF_DEVICE_MEMORY/.test(error.message));
process.exit();
`;
    const limited = (file: string) => [
      'bash',
      '-c',
      `ulimit -v 6000000 && exec "${process.execPath}" "${file}"`,
    ];
    const { status, output } = await program(text, limited);
    expect({ status, output }).toEqual({ status: 0, output: 'out-of-memory true true\n' });
  },
);
