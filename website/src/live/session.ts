import type { Answer, Ask, Event, Request } from './protocol';

/** A piece of work in the worker. */
export interface Job {
  stop(): void;
  /** Asks the work to save itself after its step and end. */
  pause(): void;
}

let worker: Worker | undefined;
let current:
  | { id: number; busy: boolean; tell(event: Event | { kind: 'stopped' }): void }
  | undefined;
let count = 0;

/**
 * Gives the worker work; what ran before is stopped. Stopping ends the worker itself, so that it always
 * works, whatever the GPU is doing.
 */
export function begin(request: Request, tell: (event: Event | { kind: 'stopped' }) => void): Job {
  if (current?.busy) stopCurrent();
  const id = ++count;
  worker ??= start();
  current = { id, busy: true, tell };
  worker.postMessage({ id, request } satisfies Ask);
  return {
    stop() {
      if (current?.id === id && current.busy) stopCurrent();
    },
    pause() {
      if (current?.id === id) worker?.postMessage({ pause: true } satisfies Ask);
    },
  };
}

function stopCurrent(): void {
  const stopped = current;
  current = undefined;
  worker?.terminate();
  worker = undefined;
  stopped?.tell({ kind: 'stopped' });
}

const last = new Set<Event['kind']>(['computed', 'checked', 'looked', 'paused', 'done', 'error']);

function start(): Worker {
  const made = new Worker(new URL('./worker.ts', import.meta.url), { name: 'attune' });
  made.onmessage = ({ data: { id, event } }: MessageEvent<Answer>) => {
    if (current?.id !== id) return;
    if (last.has(event.kind)) current.busy = false;
    current.tell(event);
  };
  made.onerror = (event) => {
    const message = event.message || 'The worker could not be started.';
    current?.tell({ kind: 'error', code: 'worker', message, remedy: 'Reload the page.' });
    current = undefined;
    worker = undefined;
  };
  return made;
}
