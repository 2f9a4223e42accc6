import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import {
  checkGradients,
  checkKernel,
  random,
  variants,
  worstError,
} from '../../contract/checks.ts';
import { array, type HostArray, type HostArrays, runRecorded } from '../../contract/index.ts';
import type { PairLossOperation, PairLossOptions } from './pair-loss.ts';

export interface PairProblem {
  /** With log-probabilities under a reference model. */
  readonly reference: boolean;
  readonly weights?: boolean;
  /** Pairs at the end that do not count. */
  readonly padding?: number;
  /** Log-probabilities are averages over tokens, not sums. */
  readonly averages?: boolean;
}

/** Answers of 1 to 40 tokens; chosen ones likelier than under the reference, rejected ones less likely. */
export function pairProblem(pairs: number, kind: PairProblem): HostArrays {
  const { reference, weights, padding = 0, averages } = kind;
  const n = 2 * pairs;
  const real = (i: number) => i % pairs < pairs - padding;
  const shifted = (from: HostArray, by: number): HostArray => ({
    shape: from.shape,
    data: Float32Array.from(from.data, (x) => x + by),
  });
  const refLogps = shifted(random([n], 1, 60), -40);
  const drift = random([n], 2, 12);
  const sums = Float32Array.from({ length: n }, (_, i) => {
    const lean = i < pairs ? 2 : -3;
    return real(i) ? refLogps.data[i]! + drift.data[i]! + lean : Number.NaN;
  });
  return {
    logps: averages ? shifted(random([n], 1, 3), -1.6) : array([n], sums),
    ...(reference && { refLogps }),
    lengths: array(
      [n],
      Float32Array.from({ length: n }, (_, i) => (real(i) ? 1 + ((i * 7) % 40) : 0)),
    ),
    ...(weights && { weights: shifted(random([n], 3, 1), 0.6) }),
    scale: array([1], [1 / (pairs - padding)]),
  };
}

/**
 * Tests of a pair loss's kernel against float64: sizes, metrics, log-ratios of ±1000 (`extreme`: the cases
 * whose loss is a number of float32 even there).
 */
export function testPairKernel<O extends PairLossOptions>(
  op: PairLossOperation<O>,
  cases: readonly O[],
  kind: PairProblem,
  extreme: readonly O[] = cases,
): void {
  test.each([1, 63, 64, 65, 257])('loss and gradient of %i pairs equal float64', async (pairs) => {
    for (const options of cases) {
      await checkKernel(op, pairProblem(pairs, kind), options, { needs: ['logps'] });
    }
  });

  test('weights multiply, and padding does not count, whatever stands there', async () => {
    const inputs = pairProblem(65, { ...kind, weights: true, padding: 4 });
    for (const options of cases) await checkKernel(op, inputs, options, { needs: ['logps'] });
  });

  test('the metrics of 257 pairs equal float64', async () => {
    const { device } = await testGpu();
    const inputs = pairProblem(257, kind);
    for (const options of cases) {
      const expected = op.reference.metrics(inputs, options);
      for (const [label, traits] of await variants()) {
        const { metrics } = await runRecorded(
          device,
          inputs,
          (r, t) => ({ ...op.forward(r, t as never, options) }),
          traits,
        );
        expect(metrics!.data.length).toBe(expected.length);
        metrics!.data.forEach((value, i) => {
          expect(Math.abs(value / expected[i]! - 1), `${label} ${i}`).toBeLessThan(2e-6);
        });
      }
    }
  });

  test('log-ratios of ±1000 give neither NaN nor infinity', async () => {
    const { device } = await testGpu();
    const far = [1000, 1000, -1000, -1000, -1000, 1000, -1000, 1000];
    const inputs: HostArrays = {
      logps: array([8], kind.averages ? far.map((x) => Math.min(x, 0)) : far),
      ...(kind.reference && { refLogps: array([8], new Float32Array(8)) }),
      lengths: array([8], [1, 2, 3, 4, 5, 6, 7, 8]),
      scale: array([1], [1]),
    };
    for (const options of extreme) {
      const { loss, gradient } = await runRecorded(device, inputs, (r, t) => ({
        ...op.forward(r, t as never, options),
      }));
      expect(loss!.data.every(Number.isFinite)).toBe(true);
      const truth = op.reference.forward(inputs, options).loss!;
      expect(worstError(loss!, truth), JSON.stringify(options)).toBeLessThan(2e-6);
      const slopes = op.reference.backward(inputs, { loss: array([1], [1]) }, options);
      const error = worstError(gradient!, slopes.logps!, 1e-6);
      expect(error, JSON.stringify(options)).toBeLessThan(2e-6);
    }
  });
}

/** The reference's gradient against finite differences, with weights and with padding. */
export function checkPairGradients<O extends PairLossOptions>(
  op: PairLossOperation<O>,
  options: O,
  kind: PairProblem,
): void {
  const inputs = pairProblem(9, { ...kind, weights: true });
  checkGradients(op, inputs, options, { wrt: ['logps'] });
}

/** The reference's loss of one pair: a chosen and a rejected log-ratio (or log-probability without `refLogps`). */
export function lossOfPair<O extends PairLossOptions>(
  op: PairLossOperation<O>,
  chosen: number,
  rejected: number,
  options: O,
  lengths: readonly [number, number] = [1, 1],
): number {
  const inputs = {
    logps: array([2], Float64Array.of(chosen, rejected)),
    lengths: array([2], lengths),
    scale: array([1], [1]),
  };
  return op.reference.forward(inputs, options).loss!.data[0]!;
}
