import { AttuneError } from '../error.ts';

export interface TarFile {
  name: string;
  data: Uint8Array;
}

const block = 512;

/** The regular files of a ustar archive. Enough for archives that npm packages carry; no links, no long names. */
export function readTar(archive: Uint8Array): TarFile[] {
  const files: TarFile[] = [];
  const text = (at: number, length: number) => {
    const field = archive.subarray(at, at + length);
    const end = field.indexOf(0);
    return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
  };
  for (let at = 0; at + block <= archive.length; ) {
    const name = text(at, 100);
    if (!name) break;
    const size = Number.parseInt(text(at + 124, 12).trim(), 8);
    const start = at + block;
    if (!(size >= 0) || start + size > archive.length) {
      throw new AttuneError(
        'file-truncated',
        `The tar archive ends at byte ${archive.length}, but ${name} claims ${size} bytes from ${start} on.`,
        'Install the package that carries it again.',
      );
    }
    const type = archive[at + 156];
    if (type === 0 || type === 0x30)
      files.push({ name, data: archive.subarray(start, start + size) });
    at = start + Math.ceil(size / block) * block;
  }
  return files;
}
