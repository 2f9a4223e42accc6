import { random } from '../../contract/checks.ts';
import { array, type HostArrays } from '../../contract/index.ts';

/** Two desirable answers to each undesirable one, mismatched ones beside them; padding last. */
export function unpairedProblem(n: number, padding = 0): HostArrays {
  const moved = (by: number, seed: number, width: number) => (from: ArrayLike<number>) =>
    Float32Array.from(random([n], seed, width).data, (x, i) =>
      i < n - padding ? from[i]! + x + by : Number.NaN,
    );
  const [refLogps, refKlLogps] = [random([n], 1, 60).data, random([n], 2, 80).data];
  return {
    logps: array([n], moved(4, 3, 8)(refLogps)),
    refLogps: array([n], refLogps),
    klLogps: array([n], moved(3, 4, 8)(refKlLogps)),
    refKlLogps: array([n], refKlLogps),
    labels: array(
      [n],
      Float32Array.from({ length: n }, (_, i) => (i >= n - padding ? -1 : i % 3 === 1 ? 0 : 1)),
    ),
    scale: array([1], [1 / (n - padding)]),
  };
}

/** The same without mismatched answers. */
export const withoutMismatched = ({
  klLogps: _,
  refKlLogps: __,
  ...rest
}: HostArrays): HostArrays => rest;
