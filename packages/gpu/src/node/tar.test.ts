import { expect, test } from 'vitest';
import { readTar } from './tar.ts';

function entry(name: string, data: string, type = '0', claimed = data.length): Uint8Array {
  const bytes = new Uint8Array(512 + Math.ceil(data.length / 512) * 512);
  const write = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  write(0, name);
  write(124, claimed.toString(8).padStart(11, '0'));
  write(156, type);
  write(512, data);
  return bytes;
}

const archive = (...parts: Uint8Array[]) => Buffer.concat([...parts, new Uint8Array(1024)]);

test('regular files come out with their bytes; folders and links are passed over', () => {
  const long = 'x'.repeat(600);
  const files = readTar(
    archive(entry('a.json', '{}'), entry('folder/', '', '5'), entry('b.so', long)),
  );
  expect(files.map(({ name }) => name)).toEqual(['a.json', 'b.so']);
  expect(new TextDecoder().decode(files[0]!.data)).toBe('{}');
  expect(new TextDecoder().decode(files[1]!.data)).toBe(long);
});

test('an archive that is cut short, or lies about a length, is a named error', () => {
  const cut = entry('b.so', 'x'.repeat(600)).subarray(0, 700);
  expect(() => readTar(cut)).toThrow(expect.objectContaining({ code: 'file-truncated' }));
  const lying = archive(entry('b.so', 'xx', '0', 8 ** 10));
  expect(() => readTar(lying)).toThrow(/b\.so claims 1073741824 bytes/);
});
