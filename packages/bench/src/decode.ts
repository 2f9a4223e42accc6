import type { Gpu } from '@attune/gpu';
import { Generator, Network, openModel, uploadWeights, weightLayout } from '@attune/model';
import { Executor, Store } from '@attune/plan';
import { type Calls, countCalls } from './calls.ts';
import { type Timing, timeRounds } from './rounds.ts';

export interface DecodeRow extends Timing, Calls {
  readonly bench: string;
  /** New tokens a second, of all rows together, without the reading of the prompts. */
  readonly tokensPerSecond: number;
}

export const decodeName = 'decode';

const promptTokens = 16;
const newTokens = 65;

/**
 * Greedy decoding of 1 and of 8 rows of the model at `path`, its weights as the file has them. The time
 * of one new token, which is the prompt's, is taken off that of 65: `ms` and the calls are of 64 tokens.
 */
export async function runDecode(
  gpu: Gpu,
  path: string,
  { rounds = 5 }: { rounds?: number } = {},
): Promise<DecodeRow[]> {
  const { config, weights } = await openModel(path);
  const store = new Store(gpu);
  const layout = weightLayout(config, weights, { maxBytes: gpu.traits.maxStorageBinding });
  await uploadWeights(store, config, weights, { layout, positions: 256 });
  const executor = new Executor(store);
  const generator = new Generator(executor, new Network(config, {}, layout));
  const contender = (rows: number, maxNewTokens: number) => {
    const prompts = Array.from({ length: rows }, (_, row) =>
      Array.from(
        { length: promptTokens },
        (_, i) => (97 * (row * promptTokens + i) + 5) % config.vocabSize,
      ),
    );
    return {
      name: `${rows} rows`,
      run: async () => {
        await generator.generate(prompts, { maxNewTokens });
      },
    };
  };
  const batches = [1, 8];
  const contenders = batches.flatMap((rows) => [contender(rows, 1), contender(rows, newTokens)]);
  const timings = await timeRounds(contenders, rounds);
  const found: DecodeRow[] = [];
  for (const [i, rows] of batches.entries()) {
    const [first, all] = [timings[2 * i]!, timings[2 * i + 1]!];
    const [few, many] = [
      await countCalls(contenders[2 * i]!.run),
      await countCalls(contenders[2 * i + 1]!.run),
    ];
    const ms = all.ms - first.ms;
    const less = (name: keyof Calls) => many[name] - few[name];
    found.push({
      bench: `${decodeName}, ${rows} ${rows === 1 ? 'row' : 'rows'}`,
      name: 'attune',
      ms,
      ...(all.cpuMs !== undefined && { cpuMs: all.cpuMs - (first.cpuMs ?? 0) }),
      tokensPerSecond: (1000 * rows * (newTokens - 1)) / ms,
      dispatches: less('dispatches'),
      submits: less('submits'),
      buffers: less('buffers'),
      bindGroups: less('bindGroups'),
    });
  }
  executor.destroy();
  store.destroy();
  return found;
}
