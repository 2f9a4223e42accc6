import type { ModelConfig } from '../config/config.ts';
import { ggmlDecoder } from './dequantise.ts';
import type { GgufFile } from './gguf.ts';
import { invalidGguf } from './gguf-cursor.ts';
import {
  type GgufPlace,
  ggufPlaces,
  interleavedHeads,
  LONG_FACTORS,
  ROPE_FACTORS,
  SHORT_FACTORS,
  toHuggingFaceRows,
} from './gguf-names.ts';
import { encodeGgml } from './quantise.ts';
import { unsupportedDtype } from './safetensors.ts';
import {
  elements,
  float32Rows,
  rawRows,
  transposed,
  unknownTensor,
  type WeightSource,
} from './weights.ts';

/**
 * The weights of a GGUF file under Hugging Face names and in their layout: interleaved rows of q and k in order,
 * matrices of a Conv1D as [in, out] (`raw` gives their rows as the file has them), norms without what is added to
 * their weights.
 */
export function ggufWeights(file: GgufFile, config: ModelConfig): WeightSource {
  const places = new Map<string, GgufPlace>(ggufPlaces(config).map((place) => [place.name, place]));
  const names = new Map([...places.values()].map(({ name, there }) => [there, name]));
  const divisors = new Set([ROPE_FACTORS, SHORT_FACTORS, LONG_FACTORS]);
  const there = new Map<string, string>();
  for (const name of file.names()) {
    if (!divisors.has(name)) there.set(names.get(name) ?? name, name);
  }
  const find = (name: string): string => {
    const found = there.get(name);
    if (found === undefined) throw unknownTensor(name, file.name, there.keys());
    return found;
  };
  const headsOf = (name: string): number | undefined => {
    const place = places.get(name);
    const heads = place && interleavedHeads(config, place.module);
    if (heads === undefined) return undefined;
    const rows = file.info(find(name)).shape[0] ?? 0;
    if (rows % (2 * heads) === 0) return heads;
    throw invalidGguf(
      file.name,
      `${find(name)} has ${rows} rows, which ${heads} heads cannot share`,
    );
  };
  const turned = (name: string) => {
    const { module, kind } = places.get(name) ?? {};
    return kind === 'weight' && module?.transposed === true;
  };
  const offsetOf = (name: string) => {
    const { module, kind } = places.get(name) ?? {};
    return kind === 'weight' ? (module?.offset ?? 0) : 0;
  };
  const ordered = async (name: string) => {
    const bytes = await file.raw(find(name));
    const heads = headsOf(name);
    if (heads === undefined) return bytes;
    const rowBytes = bytes.length / file.info(find(name)).shape[0]!;
    return toHuggingFaceRows(bytes, { heads, rowBytes });
  };
  const decoded = async (name: string) => {
    if (headsOf(name) === undefined) return file.float32(find(name));
    const { shape, dtype } = file.info(find(name));
    const decoder = ggmlDecoder(dtype);
    if (decoder === undefined) throw unsupportedDtype(name, dtype, file.name);
    const out = new Float32Array(elements(shape));
    decoder.decode(await ordered(name), out);
    return out;
  };
  const asStored = (name: string) =>
    headsOf(name) === undefined && offsetOf(name) === 0 && !turned(name);
  return {
    names: () => [...there.keys()],
    has: (name) => there.has(name),
    info(name) {
      const info = file.info(find(name));
      if (!turned(name)) return info;
      return { ...info, shape: info.shape.toReversed(), rawTransposed: true };
    },
    async raw(name) {
      const offset = offsetOf(name);
      const { dtype } = file.info(find(name));
      if (offset === 0) return ordered(name);
      // Norms are stored in floats, whose bytes depend on what is added.
      return encodeGgml(await this.float32(name), dtype as 'F32', 1);
    },
    async float32(name) {
      const values = await decoded(name);
      const offset = offsetOf(name);
      if (offset !== 0) return values.map((value) => value - offset);
      if (!turned(name)) return values;
      const [rows, columns] = file.info(find(name)).shape as [number, number];
      return transposed(values, rows, columns);
    },
    async float32Rows(name, first, count) {
      if (asStored(name)) return float32Rows(file, find(name), first, count);
      const whole = await this.float32(name);
      const width = whole.length / this.info(name).shape[0]!;
      return whole.subarray(first * width, (first + count) * width);
    },
    async rawRows(name, first, count) {
      if (asStored(name)) return rawRows(file, find(name), first, count);
      const whole = await this.raw(name);
      const row = whole.length / file.info(find(name)).shape[0]!;
      return whole.subarray(first * row, (first + count) * row);
    },
  };
}
