import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sha256 } from './sha256.ts';

afterEach(() => void vi.restoreAllMocks());

/** As in a browser, where no module of Node is found. */
const withoutNode = () => void vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);

describe.each([
  ['in Node', () => {}],
  ['in a browser', withoutNode],
])('SHA-256 %s', (_, prepare) => {
  it('gives the standard’s digests', () => {
    prepare();
    const digest = (text: string) => {
      const hash = sha256();
      hash.update(new TextEncoder().encode(text));
      return hash.hex();
    };
    expect(digest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(digest('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('agrees with Node’s at every length up to three blocks, in pieces of any size', () => {
    prepare();
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * 37) & 255);
    for (let length = 0; length <= 200; length++) {
      const own = sha256();
      for (let at = 0; at < length; at += 1 + (length % 7)) {
        own.update(bytes.subarray(at, Math.min(length, at + 1 + (length % 7))));
      }
      const want = createHash('sha256').update(bytes.subarray(0, length)).digest('hex');
      expect(own.hex()).toBe(want);
    }
  });
});
