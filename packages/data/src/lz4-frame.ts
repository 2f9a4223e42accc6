// Arrow packs buffers as LZ4 frames, whose blocks may refer to the blocks before them; libraries for
// browsers unpack single blocks only.

/**
 * Unpacks an LZ4 frame into `length` bytes; checksums are passed over.
 *
 * @throws Error with what is wrong
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function unpackLz4Frame(input: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (input.length < 7 || view.getUint32(0, true) !== 0x184d2204) {
    throw new Error('a packed part is no LZ4 frame');
  }
  const flags = input[4]!;
  const blockChecksum = flags & 0x10 ? 4 : 0;
  // Magic, flags, block size, size of the content, dictionary id, checksum of the header.
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  const output = new Uint8Array(length);
  let filled = 0;
  while (at + 4 <= input.length) {
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) break;
    const size = word & 0x7fffffff;
    const block = input.subarray(at, at + size);
    if (block.length < size) throw new Error('an LZ4 block is cut off');
    if (word & 0x80000000) {
      if (filled + size > length) throw new Error('an LZ4 frame is longer than it says');
      output.set(block, filled);
      filled += size;
    } else filled = unpackBlock(block, output, filled);
    at += size + blockChecksum;
  }
  if (filled !== length) throw new Error(`an LZ4 frame has ${filled} bytes of ${length}`);
  return output;
}

/** Unpacks a block behind the bytes that are there, to which it may refer. Returns the new end. */
function unpackBlock(block: Uint8Array, output: Uint8Array, start: number): number {
  let end = start;
  let at = 0;
  const longer = (count: number): number => {
    if (count < 15) return count;
    for (let byte = 255; byte === 255; count += byte) {
      if (at >= block.length) throw new Error('an LZ4 block is cut off');
      byte = block[at++]!;
    }
    return count;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = longer(token >> 4);
    if (at + literals > block.length || end + literals > output.length) {
      throw new Error('an LZ4 block is longer than it says');
    }
    output.set(block.subarray(at, at + literals), end);
    at += literals;
    end += literals;
    if (at === block.length) return end;
    const back = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const count = longer(token & 15) + 4;
    if (at > block.length || back === 0 || back > end || end + count > output.length) {
      throw new Error('an LZ4 block refers to bytes that are not there');
    }
    // Byte by byte: the copy may overlap itself.
    for (const stop = end + count; end < stop; end++) output[end] = output[end - back]!;
  }
  return end;
}
