import { expect, test } from 'vitest';
import { checkGradients, random } from '../contract/checks.ts';
import { array } from '../contract/index.ts';
import { matmulReference } from '../matmul/matmul.reference.ts';
import { dropoutMask, lora, loraReference } from './lora.ts';

const inputs = () => ({
  x: random([2, 5, 6], 1),
  weight: random([7, 6], 2),
  a: random([3, 6], 3),
  b: random([7, 3], 4),
  bias: random([7], 5),
});

test('a low-rank update of zeros leaves the linear layer as it was', () => {
  const { x, weight, a, b, bias } = inputs();
  const zeros = array(b.shape, new Float32Array(b.data.length));
  const { y } = loraReference.forward({ x, weight, a, b: zeros, bias }, { scale: 2 });
  const { y: plain } = matmulReference.forward({ x, weight, bias }, { transposeWeight: true });
  expect([...y!.data]).toEqual([...plain!.data]);
});

test('the update equals a linear layer whose weight is W + scale·B·A', () => {
  const { x, weight, a, b, bias } = inputs();
  const { y } = loraReference.forward({ x, weight, a, b, bias }, { scale: 0.5 });
  const { y: ba } = matmulReference.forward({ x: b, weight: a }, {});
  const merged = Float64Array.from(weight.data, (w, i) => w + 0.5 * ba!.data[i]!);
  const { y: same } = matmulReference.forward(
    { x, weight: { shape: weight.shape, data: merged }, bias },
    { transposeWeight: true },
  );
  y!.data.forEach((value, i) => {
    expect(value).toBeCloseTo(same!.data[i]!, 12);
  });
});

test('the gradient is that of finite differences, with and without dropout', () => {
  checkGradients(lora, inputs(), { scale: 1.5 });
  const seed = { shape: [2], data: Uint32Array.of(7, 9) };
  checkGradients(lora, { ...inputs(), seed }, { scale: 1.5, dropout: 0.4 });
});

test('layers side by side equal each by itself, and get the gradients of finite differences', () => {
  const { x, weight, a, b } = inputs();
  // Two layers of 4 and 3 outputs, of ranks 1 and 2.
  const blocks = [[4, 1]] as const;
  b.data.forEach((_, i) => {
    if (Math.floor(i / 3) < 4 !== i % 3 < 1) b.data[i] = 0;
  });
  const residual = random([2, 5, 7], 6);
  const options = { scale: 1.5, blocks };
  const { y } = loraReference.forward({ x, weight, a, b, residual }, options);
  const second = loraReference.forward(
    {
      x,
      weight: { shape: [3, 6], data: weight.data.slice(24) },
      a: { shape: [2, 6], data: a.data.slice(6) },
      b: { shape: [3, 2], data: b.data.slice(12).filter((_, i) => i % 3 > 0) },
    },
    { scale: 1.5 },
  );
  for (let t = 0; t < 10; t++) {
    for (let j = 0; j < 3; j++) {
      const at = t * 7 + 4 + j;
      expect(y!.data[at]).toBeCloseTo(second.y!.data[t * 3 + j]! + residual.data[at]!, 12);
    }
  }
  checkGradients(lora, { x, weight, a, b, residual }, options, { wrt: ['x', 'a', 'residual'] });
  const gradients = loraReference.backward({ x, weight, a, b }, { y: residual }, options);
  const free = loraReference.backward({ x, weight, a, b }, { y: residual }, { scale: 1.5 });
  gradients.b!.data.forEach((value, i) => {
    expect(value).toBe(Math.floor(i / 3) < 4 === i % 3 < 1 ? free.b!.data[i] : 0);
  });
});

test('dropout drops the share it was told, keeps the mean, and changes with the seed', () => {
  const count = 100_000;
  const mask = dropoutMask(Uint32Array.of(1, 2), 0.1, count);
  const dropped = mask.filter((value) => value === 0).length / count;
  expect(Math.abs(dropped - 0.1)).toBeLessThan(0.003);
  expect(Math.abs(mask.reduce((sum, value) => sum + value, 0) / count - 1)).toBeLessThan(0.004);
  const other = dropoutMask(Uint32Array.of(2, 2), 0.1, count);
  const both = mask.filter((value, i) => value === 0 && other[i] === 0).length / count;
  expect(Math.abs(both - 0.01)).toBeLessThan(0.002);
});
