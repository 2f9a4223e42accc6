// The run of `npm start`, in a worker: measure, train, measure, hand over the adapter.
import { AttuneError, describeGpu, requestGpu } from '@attune/gpu';
import { TinyRun } from '@attune/tiny';
import type { Message, Request } from './messages.ts';

const tell = (message: Message) => postMessage(message);
let stop = new AbortController();

async function run(maxSteps?: number): Promise<void> {
  stop = new AbortController();
  const gpu = await requestGpu();
  try {
    const run = await TinyRun.create(gpu, {
      args: maxSteps === undefined ? {} : { maxSteps },
      signal: stop.signal,
    });
    tell({
      kind: 'device',
      adapter: describeGpu(gpu)[0]!,
      totalSteps: run.trainer.totalSteps,
    });
    tell({ kind: 'before', measure: await run.measure(stop.signal) });
    for await (const { step, loss } of run.steps()) tell({ kind: 'step', step, loss });
    tell({ kind: 'after', measure: await run.measure() });
    tell({ kind: 'adapter', files: await run.adapter() });
    run.destroy();
  } finally {
    gpu.destroy();
  }
}

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  if (data.kind === 'stop') stop.abort();
  else
    run(data.maxSteps).catch((error: unknown) => {
      const { code, remedy } =
        error instanceof AttuneError ? error : { code: 'unexpected', remedy: 'Reload the page.' };
      tell({ kind: 'error', code, message: String((error as Error).message), remedy });
    });
});
