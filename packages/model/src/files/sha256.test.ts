import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { plainSha256, sha256 } from './sha256.ts';

describe('SHA-256', () => {
  it('gives the standard’s digests', () => {
    const digest = (text: string) => {
      const hash = plainSha256();
      hash.update(new TextEncoder().encode(text));
      return hash.hex();
    };
    expect(digest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(digest('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('agrees with Node’s at every length up to three blocks, in pieces of any size', () => {
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * 37) & 255);
    for (let length = 0; length <= 200; length++) {
      const plain = plainSha256();
      const own = sha256();
      for (let at = 0; at < length; at += 1 + (length % 7)) {
        const piece = bytes.subarray(at, Math.min(length, at + 1 + (length % 7)));
        plain.update(piece);
        own.update(piece);
      }
      const want = createHash('sha256').update(bytes.subarray(0, length)).digest('hex');
      expect([plain.hex(), own.hex()]).toEqual([want, want]);
    }
  });
});
