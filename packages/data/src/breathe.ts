/** Work goes on for so many milliseconds before others may run: a signal, a page's next frame. */
const longestBreath = 40;

/** Lets everything else that waits run once. Timers would be slowed down in a background tab. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') return void setImmediate(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/**
 * Hands items on, and ends with the signal's reason as soon as it is aborted: also while a source keeps
 * the next item waiting, or gives them so fast that nothing else would run.
 */
export async function* interruptible<T>(
  items: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  signal?.throwIfAborted();
  let interrupt: ((reason: unknown) => void) | undefined;
  const abort = (): void => interrupt?.(signal?.reason);
  signal?.addEventListener('abort', abort);
  const iterator =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let ended = false;
  let last = performance.now();
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        interrupt = reject;
        Promise.resolve(iterator.next()).then(resolve, reject);
      });
      signal?.throwIfAborted();
      ended = next.done === true;
      if (next.done) return;
      yield next.value;
      if (performance.now() - last > longestBreath) {
        await breathe();
        signal?.throwIfAborted();
        last = performance.now();
      }
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    // What does not answer is not waited for.
    if (!ended) {
      const closing = Promise.resolve(iterator.return?.());
      if (signal?.aborted) closing.catch(() => undefined);
      else await closing;
    }
  }
}
