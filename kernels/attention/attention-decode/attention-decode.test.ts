import { expect, test } from 'vitest';
import { random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { attentionReference } from '../attention/attention.reference.ts';
import { attentionDecodeReference } from './attention-decode.ts';

test.each([undefined, 3])(
  'is the last row of attention over the whole sequence, window %s',
  (window) => {
    const length = 7;
    const shared = { heads: 4, kvHeads: 2, headDim: 5, ...(window && { window }) };
    const q = random([length, 20], 1, 4);
    const k = random([length, 10], 2, 4);
    const v = random([length, 10], 3);
    const whole = attentionReference.forward(
      {
        q,
        k,
        v,
        bounds: array([length, 2], Int32Array.from(Array(length).fill([0, length]).flat())),
      },
      { rows: 1, length, ...shared },
    ).y!;
    const { y } = attentionDecodeReference.forward(
      {
        q: array([1, 20], q.data.slice(-20)),
        kCache: array([1, length, 10], k.data),
        vCache: array([1, length, 10], v.data),
        lengths: array([1], Int32Array.from([length])),
      },
      shared,
    );
    y!.data.forEach((value, i) => void expect(value).toBeCloseTo(whole.data[6 * 20 + i]!, 12));
  },
);
