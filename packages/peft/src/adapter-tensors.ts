import { AttuneError } from '@attune/gpu';
import { bytesFromMemory, readSafetensors, writeSafetensors } from '@attune/model';
import type { TrainableTensor } from '@attune/plan';
import { adapterConfigFile } from './adapter-names.ts';
import type { FileTensors } from './kind.ts';

/** Every tensor of a safetensors file in float32. @throws AttuneError those of the safetensors reader */
export async function tensorsOf(bytes: Uint8Array, name: string): Promise<FileTensors> {
  const file = await readSafetensors(bytesFromMemory(bytes, name));
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const name of file.names()) {
    tensors.set(name, { shape: file.info(name).shape, data: await file.float32(name) });
  }
  return tensors;
}

/**
 * The values of trained tensors from a file: each must be there in its shape, and nothing else.
 * @throws AttuneError `missing-tensor`, `wrong-shape`, `unknown-tensor`
 */
export function takeTensors(
  wanted: readonly Pick<TrainableTensor, 'name' | 'shape'>[],
  tensors: FileTensors,
  {
    file,
    fileName = (name) => name,
    twins = [],
  }: {
    file: string;
    /** The file's name of a trained tensor. */
    fileName?: (name: string) => string;
    /** Further tensors of the file, of which the reader knows. */
    twins?: readonly string[];
  },
): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  const left = new Set(tensors.keys());
  for (const { name, shape } of wanted) {
    const there = fileName(name);
    const found = tensors.get(there);
    if (!found) {
      throw new AttuneError(
        'missing-tensor',
        `${file} has no ${there}, which ${adapterConfigFile} and this model imply.`,
        'The adapter belongs to another model or is incomplete.',
      );
    }
    if (String(found.shape) !== String(shape)) {
      throw new AttuneError(
        'wrong-shape',
        `${there} is [${found.shape}] in ${file}; this model and ${adapterConfigFile} make it [${shape}].`,
        'Use the base model that the adapter was trained on.',
      );
    }
    left.delete(there);
    values.set(name, found.data);
  }
  for (const name of twins) left.delete(name);
  const [extra] = left;
  if (extra === undefined) return values;
  throw new AttuneError(
    'unknown-tensor',
    `${file} holds ${extra}${left.size > 1 ? ` (and ${left.size - 1} more)` : ''} that ${adapterConfigFile} does not name.`,
    'The adapter belongs to another model or was made by a method that is not computed here.',
  );
}

/** A safetensors file of float32 tensors. */
export function tensorsFile(
  tensors: readonly { name: string; shape: readonly number[]; data: Float32Array }[],
): Uint8Array {
  return writeSafetensors(
    tensors.map(({ name, shape, data }) => ({
      name,
      dtype: 'F32' as const,
      shape: [...shape],
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
    { format: 'pt' },
  );
}
