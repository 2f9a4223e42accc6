import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AttuneError, type ErrorCode } from '@attune/gpu';

/** A file of a folder, whole. */
export async function readFileOf(
  folder: string,
  file: string,
  code: ErrorCode,
): Promise<Uint8Array> {
  const path = join(folder, file);
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AttuneError(
      code,
      `${path} ${absent ? 'does not exist' : `cannot be read: ${(cause as Error).message}`}.`,
      `Name the folder that holds ${file}.`,
      { cause },
    );
  }
}

/** Writes a file piece by piece under another name first, so that a file of this name is always whole. */
export async function writeStream(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const unfinished = `${path}.unfinished`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const stream = createWriteStream(unfinished);
    await new Promise<void>((resolve, reject) => {
      stream.on('error', reject);
      (async () => {
        for await (const piece of pieces) {
          if (!stream.write(piece))
            await new Promise<void>((drained) => stream.once('drain', () => drained()));
        }
        stream.end(resolve);
      })().catch(reject);
    });
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw unwritable(path, cause);
  }
}

export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.unfinished`, content);
    await rename(`${path}.unfinished`, path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): unknown {
  if (cause instanceof AttuneError || !(cause as NodeJS.ErrnoException).code) return cause;
  return new AttuneError(
    'output-unwritable',
    `${path} cannot be written: ${(cause as Error).message}.`,
    'Choose another place for the output, or make room there.',
    { cause },
  );
}
