import { runBench, runStep } from '@attune/bench';
import { type Gpu, Timer } from '@attune/gpu';
import { add, array, type Bench, prepare } from '@attune/kernels';
import type { Event } from './protocol';

/** Every `*.bench.ts` of the kernels, found as `npm run bench` finds them. */
function benches(): Bench[] {
  const found = import.meta.webpackContext('../../../kernels', { regExp: /\.bench\.ts$/ });
  return found.keys().flatMap((key) => found<{ benches: Bench[] }>(key).benches);
}

/** Times kernels and a whole step with the harness of `npm run bench`, and tells each row. */
export async function bench(gpu: Gpu, rounds: number, tell: (event: Event) => void): Promise<void> {
  tell({ kind: 'bandwidth', bytesPerSecond: await bandwidth(gpu) });
  for (const each of benches()) {
    const { traits } = gpu;
    const [m, n, k] = each.product ?? [1, 1, 1];
    if (4 * Math.max(m * n, n * k) > traits.maxStorageBinding) continue;
    // On the CPU the largest take half a minute a round.
    if (traits.software && each.flops > 1e9) continue;
    const rows = await runBench(gpu, each, { rounds });
    for (const row of rows) tell({ kind: 'bench', row, intensity: intensity(each) });
  }
  for (const row of await runStep(gpu, { rounds })) {
    tell({ kind: 'bench', row: { ...row, ofPeak: Number.NaN } });
  }
  tell({ kind: 'done' });
}

/** Operations a byte, if each number is loaded or stored once. */
function intensity({ flops, product }: Bench): number | undefined {
  if (!product) return undefined;
  const [m, n, k] = product;
  return flops / (4 * (m * k + k * n + m * n));
}

/** Bytes a second of the plainest kernel there is: two loads and a store for one addition. */
async function bandwidth(gpu: Gpu): Promise<number> {
  const count = gpu.traits.software ? 2 ** 22 : 2 ** 24;
  const zeros = array([count], new Float32Array(count));
  const work = await prepare(gpu.device, (recorder) => {
    const a = recorder.tensor('a', zeros.shape);
    const b = recorder.tensor('b', zeros.shape);
    return add.forward(recorder, { a, b }, {});
  });
  const timer = new Timer(gpu);
  for (let i = 0; i < 8; i++) await timer.time(i ? 'add' : 'first', (pass) => work.encode(pass));
  work.destroy();
  return (12 * count) / (timer.median('add') / 1000);
}
