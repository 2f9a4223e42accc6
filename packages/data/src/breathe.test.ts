import { describe, expect, it } from 'vitest';
import { interruptible } from './breathe.ts';

async function take<T>(items: AsyncIterable<T>, signal?: AbortSignal): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of interruptible(items, signal)) taken.push(item);
  return taken;
}

const reason = new Error('stopped by hand');

describe('work that can be interrupted', () => {
  it('hands on what it is given, and what is thrown', async () => {
    async function* three() {
      yield* [1, 2, 3];
    }
    expect(await take(three())).toEqual([1, 2, 3]);
    async function* broken() {
      yield 1;
      throw reason;
    }
    await expect(take(broken())).rejects.toBe(reason);
  });

  it('ends at once while a source keeps it waiting', async () => {
    const stop = new AbortController();
    async function* stalled() {
      yield 1;
      await new Promise(() => undefined);
    }
    setTimeout(() => stop.abort(reason), 20);
    const start = performance.now();
    await expect(take(stalled(), stop.signal)).rejects.toBe(reason);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('lets the signal come while items never run out', async () => {
    const stop = new AbortController();
    function* endless() {
      for (let i = 0; ; i++) yield i;
    }
    setTimeout(() => stop.abort(reason), 20);
    const start = performance.now();
    const run = async () => {
      for await (const _ of interruptible(endless(), stop.signal));
    };
    await expect(run()).rejects.toBe(reason);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('closes its source, whether it is left early or stopped', async () => {
    let closed = 0;
    async function* source() {
      try {
        for (;;) yield 1;
      } finally {
        closed++;
      }
    }
    for await (const _ of interruptible(source(), undefined)) break;
    expect(closed).toBe(1);
    const stop = new AbortController();
    const run = async () => {
      for await (const _ of interruptible(source(), stop.signal)) stop.abort(reason);
    };
    await expect(run()).rejects.toBe(reason);
    expect(closed).toBe(2);
    await expect(take(source(), AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
