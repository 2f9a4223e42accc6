import type { ModelConfig } from '../config/config.ts';
import { ggmlDecoder } from './dequantise.ts';
import type { GgufFile } from './gguf.ts';
import { invalidGguf } from './gguf-cursor.ts';
import {
  huggingFaceName,
  ROPE_FACTORS,
  rotatedProjection,
  toHuggingFaceRows,
} from './gguf-names.ts';
import { unsupportedDtype } from './safetensors.ts';
import { elements, unknownTensor, type WeightSource } from './weights.ts';

/**
 * The weights of a GGUF file of the Llama architecture under Hugging Face names: `raw` and `float32` give
 * q and k with their rows in Hugging Face's order.
 */
export function ggufWeights(
  file: GgufFile,
  config: Pick<ModelConfig, 'numAttentionHeads' | 'numKeyValueHeads'>,
): WeightSource {
  const there = new Map<string, string>();
  for (const name of file.names()) {
    if (name === ROPE_FACTORS) continue;
    there.set(huggingFaceName(name) ?? name, name);
  }
  const find = (name: string): string => {
    const found = there.get(name);
    if (found === undefined) throw unknownTensor(name, file.name, there.keys());
    return found;
  };
  const headsOf = (name: string): number | undefined => {
    const side = rotatedProjection(name);
    if (side === undefined) return undefined;
    const heads = side === 'q' ? config.numAttentionHeads : config.numKeyValueHeads;
    const rows = file.info(find(name)).shape[0] ?? 0;
    if (rows % (2 * heads) === 0) return heads;
    throw invalidGguf(
      file.name,
      `${find(name)} has ${rows} rows, which ${heads} heads cannot share`,
    );
  };
  const raw = async (name: string) => {
    const bytes = await file.raw(find(name));
    const heads = headsOf(name);
    if (heads === undefined) return bytes;
    const rowBytes = bytes.length / file.info(find(name)).shape[0]!;
    return toHuggingFaceRows(bytes, { heads, rowBytes });
  };
  return {
    names: () => [...there.keys()],
    has: (name) => there.has(name),
    info: (name) => file.info(find(name)),
    raw,
    async float32(name) {
      if (headsOf(name) === undefined) return file.float32(find(name));
      const { shape, dtype } = file.info(find(name));
      const decoder = ggmlDecoder(dtype);
      if (decoder === undefined) throw unsupportedDtype(name, dtype, file.name);
      const out = new Float32Array(elements(shape));
      decoder.decode(await raw(name), out);
      return out;
    },
  };
}
