import type { Gpu } from '@attune/gpu';
import { type Bench, elements, type HostArray, prepare, readTensor } from '@attune/kernels';
import { copyRoof, roofs } from './roof.ts';
import { type Contender, type Timing, timeRounds } from './rounds.ts';

/** A library that multiplies matrices on the same adapter. */
export interface Peer {
  readonly name: string;
  product(
    a: Float32Array,
    b: Float32Array,
    size: readonly [number, number, number],
  ): Promise<{ run(): Promise<void>; result(): Promise<Float32Array>; dispose(): void }>;
}

export interface BenchRow extends Timing {
  readonly bench: string;
  readonly gflops: number;
  /** Gigabytes a second, of what memory bounds. */
  readonly gigabytes?: number;
  /** Of the roof of the same rounds, arithmetic or bandwidth; by CPU time where it is known. */
  readonly ofPeak: number;
  readonly error?: number;
}

export const ours = 'attune';

/** Numbers in [-0.5, 0.5), the same in every run. */
function numbers(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

/** Checks, then times, one bench with its peers. @throws Error where our result is wrong */
export async function runBench(
  gpu: Gpu,
  bench: Bench,
  { peers = [], rounds = 9 }: { peers?: readonly Peer[]; rounds?: number } = {},
): Promise<BenchRow[]> {
  const { device } = gpu;
  const work = await prepare(device, (recorder) => bench.record(recorder));
  const { inputs, outputs, given = [] } = work.tensors;
  const arrays = inputs.map((input, i) => numbers(elements(input.shape), i + 1));
  for (const [i, input] of inputs.entries()) {
    device.queue.writeBuffer(work.place(input).buffer, 0, arrays[i]! as BufferSource);
  }
  for (const [tensor, data] of given) {
    device.queue.writeBuffer(work.place(tensor).buffer, 0, data as BufferSource);
  }
  const run = async () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    work.encode(pass);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await gpu.race(device.queue.onSubmittedWorkDone());
  };
  await run();
  const results: HostArray['data'][] = [];
  for (const output of outputs) results.push((await readTensor(gpu, work, output)).data);
  const errors = [bench.worstError(arrays, results)];
  if (!(errors[0]! <= bench.tolerance)) {
    throw new Error(`${bench.name} is wrong by ${errors[0]}; ${bench.tolerance} is allowed.`);
  }
  const tops = bench.bytes ? [await copyRoof(gpu)] : await roofs(gpu);
  const contenders: Contender[] = [...tops, { name: ours, run }];
  const disposals: (() => void)[] = [];
  for (const peer of bench.product ? peers : []) {
    const product = await peer.product(arrays[0]!, arrays[1]!, bench.product!);
    await product.run();
    errors.push(bench.worstError(arrays, [await product.result()]));
    contenders.push({ name: peer.name, run: product.run });
    disposals.push(product.dispose);
  }
  const timings = await timeRounds(contenders, rounds);
  work.destroy();
  for (const dispose of disposals) dispose();
  const time = (timing: Timing) => timing.cpuMs ?? timing.ms;
  const amount = (i: number) => tops[i]?.work ?? bench.bytes ?? bench.flops;
  const rates = timings.map((timing, i) => amount(i) / time(timing));
  const peak = Math.max(...rates.slice(0, tops.length));
  return timings.map((timing, i) => ({
    bench: bench.name,
    ...timing,
    gflops: (bench.bytes ? (i < tops.length ? 0 : bench.flops) : amount(i)) / timing.ms / 1e6,
    ...(bench.bytes && { gigabytes: amount(i) / timing.ms / 1e6 }),
    ofPeak: rates[i]! / peak,
    ...(i >= tops.length && { error: errors[i - tops.length]! }),
  }));
}
