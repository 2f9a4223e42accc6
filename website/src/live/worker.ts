import { AttuneError, type Gpu, requestGpu } from '@attune/gpu';
import { check, compute, computerOf } from './kernel';
import type { Answer, Ask, Event, Request } from './protocol';

let pausing = new AbortController();
/** Of a chat under way. */
let talk: AbortController | undefined;
let device: Promise<Gpu> | undefined;

/** One device for the life of this worker; a lost one is asked for anew. */
async function gpu(): Promise<Gpu> {
  if (device && (await device.catch(() => undefined))?.isLost !== false) device = undefined;
  device ??= requestGpu();
  return device;
}

/** Models of a chat that are still open give their memory back before other models are opened. */
async function withoutChat(): Promise<Gpu> {
  if (talk) (await import('../studio/chat-work')).closeChat();
  talk = undefined;
  return gpu();
}

async function handle(request: Request, tell: (event: Event) => void): Promise<void> {
  if (request.kind === 'compute') {
    const on = request.reference ? undefined : await gpu().catch(() => undefined);
    tell({ kind: 'computed', result: await compute(on, request.problem) });
  } else if (request.kind === 'check') {
    tell({ kind: 'checked', result: await check(await gpu(), request.problem) });
  } else if (request.kind === 'look') {
    const { look } = await import('../studio/work');
    tell({ kind: 'looked', look: await look(await withoutChat(), request.work, tell) });
  } else if (request.kind === 'study') {
    const { study } = await import('../studio/work');
    pausing = new AbortController();
    await study(await withoutChat(), request.work, request.resuming, {
      tell,
      pausing: pausing.signal,
    });
  } else if (request.kind === 'chat') {
    const { chat } = await import('../studio/chat-work');
    talk = new AbortController();
    await chat(await gpu(), request.work, { tell, signal: talk.signal });
  } else if (request.kind === 'prefer') {
    const { prefer } = await import('./prefer');
    await prefer(await gpu(), request.settings, tell);
  } else if (request.kind === 'bench') {
    const device = await gpu();
    const name = { ...device.adapter } as Record<string, string>;
    tell({ kind: 'adapter-name', computer: { ...computerOf(device), name } });
    const { bench } = await import('./bench');
    await bench(device, request.rounds, tell);
  } else {
    const { train } = await import('./train');
    await train(await gpu(), request.settings, tell);
  }
}

self.onmessage = async ({ data }: MessageEvent<Ask>) => {
  if ('pause' in data) {
    pausing.abort();
    talk?.abort();
    return;
  }
  const { id, request } = data;
  const tell = (event: Event) => self.postMessage({ id, event } satisfies Answer);
  try {
    await handle(request, tell);
  } catch (error) {
    const { code, message, remedy } =
      error instanceof AttuneError
        ? error
        : { code: 'unexpected', message: String(error), remedy: '' };
    tell({ kind: 'error', code, message, remedy });
  }
};
