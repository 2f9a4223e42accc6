import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { array, runRecorded } from '../../contract/index.ts';
import { appendToken, type DecodeState } from './append.ts';

test('each append keeps a row of history and moves ids, positions and lengths on', async () => {
  const { device } = await testGpu();
  const arrays = {
    sampledA: array([3], Int32Array.of(7, 8, 9)),
    logpsA: array([3], [-1, -2, -3]),
    sampledB: array([3], Int32Array.of(4, 5, 6)),
    logpsB: array([3], [-4, -5, -6]),
    ids: array([3], Int32Array.of(0, 0, 0)),
    positions: array([3], Int32Array.of(10, 20, 30)),
    lengths: array([3], Int32Array.of(11, 21, 31)),
    historyIds: array([2, 3], new Int32Array(6)),
    historyLogps: array([2, 3], new Float32Array(6)),
    count: array([1], Uint32Array.of(0)),
  };
  const result = await runRecorded(device, arrays, (recorder, all) => {
    const { sampledA, logpsA, sampledB, logpsB, ...rest } = all;
    const state = rest as unknown as DecodeState;
    appendToken(recorder, state, { ids: sampledA!, logps: logpsA! });
    appendToken(recorder, state, { ids: sampledB!, logps: logpsB! });
    appendToken(recorder, state, { ids: sampledA!, logps: logpsA! });
    return rest;
  });
  expect([...result.historyIds!.data]).toEqual([7, 8, 9, 4, 5, 6]);
  expect([...result.historyLogps!.data]).toEqual([-1, -2, -3, -4, -5, -6]);
  expect([...result.ids!.data]).toEqual([7, 8, 9]);
  expect([...result.positions!.data]).toEqual([13, 23, 33]);
  expect([...result.lengths!.data]).toEqual([14, 24, 34]);
  expect([...result.count!.data]).toEqual([3]);
});
