import { AttuneError } from '@attune/gpu';
import type { ByteSource } from './bytes.ts';
import { type GgufFile, readGguf } from './gguf.ts';
import { invalidGguf } from './gguf-cursor.ts';
import { unknownTensor } from './weights.ts';

/** The name of a part, as llama-gguf-split gives it: what they share, their number, how many there are. */
const partName = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;

/** More parts than any model has. */
const mostParts = 10_000;

/** The names of all parts of the model that a file is a part of, the first first; undefined for other files. */
export function ggufParts(name: string): string[] | undefined {
  const [, stem, , count] = partName.exec(name) ?? [];
  const parts = Number(count);
  if (stem === undefined || !(parts >= 1 && parts <= mostParts)) return undefined;
  const padded = (n: number) => String(n).padStart(5, '0');
  return Array.from(
    { length: parts },
    (_, i) => `${stem}-${padded(i + 1)}-of-${padded(parts)}.gguf`,
  );
}

/**
 * Files that are one model each: the first part stands for all of a model in parts.
 * @example wholeGgufs(['a-00001-of-00002.gguf', 'a-00002-of-00002.gguf', 'b.gguf']) // the first and the last
 */
export function wholeGgufs(names: readonly string[]): string[] {
  const ggufs = names.filter((name) => /\.gguf$/i.test(name));
  const firsts = ggufs.map((name) => {
    const first = ggufParts(name)?.[0];
    return first !== undefined && ggufs.includes(first) ? first : name;
  });
  return [...new Set(firsts)];
}

/**
 * Opens a GGUF file, or the model in parts that it is a part of: `beside` opens a file of the same folder.
 * Metadata are those of the first part; tensors are read from the part that has them.
 *
 * @throws AttuneError `gguf-part`, and those of `readGguf`
 */
export async function openGguf(
  source: ByteSource,
  beside?: (file: string) => Promise<ByteSource>,
): Promise<GgufFile> {
  const file = await readGguf(source);
  const count = number(file, 'split.count') ?? 1;
  if (count <= 1) return file;
  const { folder, name } = split(source.name);
  const names = ggufParts(name);
  const own = (number(file, 'split.no') ?? 0) + 1;
  if (!beside || names?.length !== count || names[own - 1]?.toLowerCase() !== name.toLowerCase()) {
    throw apart(file.name, own, count);
  }
  const parts: GgufFile[] = [];
  for (const [i, part] of names.entries()) {
    const opened =
      i === own - 1 ? file : await readGguf(await present(beside, part, folder, file, own));
    if (number(opened, 'split.count') !== count || number(opened, 'split.no') !== i) {
      throw new AttuneError(
        'gguf-part',
        `${opened.name} says that it is part ${(number(opened, 'split.no') ?? 0) + 1} of ${number(opened, 'split.count') ?? 1}, not ${i + 1} of ${count}.`,
        'Download all parts again, from one revision of one model.',
      );
    }
    parts.push(opened);
  }
  return joined(parts, source.name);
}

async function present(
  beside: (file: string) => Promise<ByteSource>,
  part: string,
  folder: string,
  file: GgufFile,
  own: number,
): Promise<ByteSource> {
  try {
    return await beside(part);
  } catch (cause) {
    if (!(cause instanceof AttuneError) || cause.code !== 'file-not-found') throw cause;
    throw new AttuneError(
      'gguf-part',
      `${file.name} is part ${own} of a model in parts, of which ${folder}${part} is not there.`,
      'Download all parts into one folder.',
      { cause },
    );
  }
}

function apart(name: string, own: number, count: number): AttuneError {
  return new AttuneError(
    'gguf-part',
    `${name} is part ${own} of ${count} of a model; the others are not beside it under their names.`,
    `Put all parts into one folder, named …-00001-of-${String(count).padStart(5, '0')}.gguf and so on, or join them with llama.cpp: llama-gguf-split --merge FIRST_PART.gguf whole.gguf`,
  );
}

function joined(parts: readonly GgufFile[], name: string): GgufFile {
  const first = parts[0]!;
  const home = new Map<string, GgufFile>();
  for (const part of parts) {
    for (const tensor of part.names()) {
      if (home.has(tensor))
        throw invalidGguf(part.name, `the tensor ${tensor} stands in two parts`);
      home.set(tensor, part);
    }
  }
  const stated = number(first, 'split.tensors.count');
  if (stated !== undefined && stated !== home.size) {
    throw invalidGguf(name, `its ${parts.length} parts have ${home.size} tensors of ${stated}`);
  }
  const find = (tensor: string): GgufFile => {
    const part = home.get(tensor);
    if (part === undefined) throw unknownTensor(tensor, name, home.keys());
    return part;
  };
  const ofParts = /^split\./;
  return {
    name,
    version: first.version,
    alignment: first.alignment,
    // Written again, it is one file.
    metadata: new Map([...first.metadata].filter(([key]) => !ofParts.test(key))),
    tensor: (tensor) => find(tensor).tensor(tensor),
    names: () => [...home.keys()],
    has: (tensor) => home.has(tensor),
    info: (tensor) => find(tensor).info(tensor),
    float32: async (tensor) => find(tensor).float32(tensor),
    raw: async (tensor) => find(tensor).raw(tensor),
  };
}

function number(file: GgufFile, key: string): number | undefined {
  const value = file.metadata.get(key)?.value;
  return typeof value === 'number' ? value : undefined;
}

function split(path: string): { folder: string; name: string } {
  const at = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1;
  return { folder: path.slice(0, at), name: path.slice(at) };
}
