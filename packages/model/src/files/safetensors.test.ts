import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesFromBlob, bytesFromMemory, bytesFromPath } from './bytes.ts';
import { folderFromFiles, folderFromPath } from './folder.ts';
import { readSafetensors } from './safetensors.ts';
import { SAFETENSORS_BITS, type SafetensorsDtype } from './safetensors-header.ts';
import {
  layoutSafetensors,
  streamSafetensors,
  type TensorData,
  writeSafetensors,
} from './safetensors-writer.ts';
import { openSafetensors } from './sharded.ts';
import { faultOf } from './testing/fault.ts';
import { fixture } from './testing/fixture.ts';
import { elements } from './weights.ts';

const single = fixture('llama-2024/model.safetensors');

async function tensorsOf(path: string): Promise<TensorData[]> {
  const file = await readSafetensors(await bytesFromPath(path));
  return Promise.all(
    file.names().map(async (name) => {
      const { dtype, shape } = file.info(name);
      return { name, dtype: dtype as SafetensorsDtype, shape, data: await file.raw(name) };
    }),
  );
}

/** Numbers that are the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe('reading safetensors', () => {
  it('gives the same from a path, a Blob and memory', async () => {
    const bytes = new Uint8Array(await readFile(single));
    const name = 'model.layers.0.mlp.up_proj.weight';
    const files = await Promise.all([
      readSafetensors(await bytesFromPath(single)),
      readSafetensors(bytesFromBlob(new Blob([bytes]))),
      readSafetensors(bytesFromMemory(bytes)),
      readSafetensors(bytes),
    ]);
    const values = await Promise.all(files.map((file) => file.float32(name)));
    for (const each of values) expect(each).toEqual(values[0]);
    expect(files[0]!.info(name)).toEqual({ shape: [40, 24], dtype: 'BF16', bytes: 1920 });
    expect(files[0]!.metadata).toEqual({ format: 'pt' });
    expect(values[0]!.some((v) => v !== 0)).toBe(true);
  });

  it('reads integers raw and refuses them as float32 by name', async () => {
    const file = await readSafetensors(await bytesFromPath(fixture('logits.safetensors')));
    const ids = new BigInt64Array((await file.raw('gguf.input_ids')).buffer);
    expect(ids).toHaveLength(16);
    expect(await faultOf(() => file.float32('gguf.input_ids'))).toBe('unsupported-dtype');
  });

  it('names the nearest tensor when one is missing', async () => {
    const file = await readSafetensors(await bytesFromPath(single));
    await expect(file.float32('model.norm.wieght')).rejects.toMatchObject({
      code: 'unknown-tensor',
      remedy: 'Did you mean model.norm.weight?',
    });
  });

  it('reads shards through their index as one model', async () => {
    const weights = (await openSafetensors(await folderFromPath(fixture('llama-sharded'))))!;
    expect(weights.names()).toHaveLength(20);
    let count = 0;
    for (const name of weights.names()) count += (await weights.float32(name)).length;
    expect(count).toBe(18168);
  });

  it.each([
    ['a shard is missing', { 'a.weight': 'gone.safetensors' }, 'file-not-found'],
    ['a shard lies outside', { 'a.weight': '../../etc/passwd' }, 'unsafe-file-name'],
    ['a shard lacks its tensor', { 'a.weight': 'one.safetensors' }, 'invalid-index'],
    ['a shard has no name', { 'a.weight': 7 }, 'invalid-index'],
    ['the map is a list', ['one.safetensors'], 'invalid-index'],
    ['the map is absent', undefined, 'invalid-index'],
  ])('refuses an index when %s', async (_, weight_map, code) => {
    const index = new TextEncoder().encode(JSON.stringify({ weight_map }));
    const folder = folderFromFiles(
      new Map([
        ['model.safetensors.index.json', index],
        ['one.safetensors', writeSafetensors([])],
      ]),
    );
    expect(await faultOf(() => openSafetensors(folder))).toBe(code);
  });
});

describe('writing safetensors', () => {
  it('gives the reference writer’s file byte for byte', async () => {
    for (const name of ['llama-2024/model', 'llama-sharded/model-00001-of-00003']) {
      const path = fixture(`${name}.safetensors`);
      const tensors = (await tensorsOf(path)).reverse();
      expect(writeSafetensors(tensors)).toEqual(new Uint8Array(await readFile(path)));
    }
  });

  it('streams the same bytes, straight to a file, one tensor at a time', async () => {
    const tensors = await tensorsOf(single);
    let held = 0;
    const lazy = tensors.map(({ data, ...spec }) => ({
      ...spec,
      data: async () => {
        held++;
        return data;
      },
    }));
    const folder = await mkdtemp(join(tmpdir(), 'attune-'));
    await writeFile(join(folder, 'out.safetensors'), streamSafetensors(lazy));
    expect(new Uint8Array(await readFile(join(folder, 'out.safetensors')))).toEqual(
      writeSafetensors(tensors),
    );
    expect(held).toBe(tensors.length);
    await rm(folder, { recursive: true });
  });

  it('reads back what it wrote, for 500 random sets of tensors of every dtype', async () => {
    const next = random(7);
    const int = (n: number) => Math.floor(next() * n);
    const dtypes = Object.keys(SAFETENSORS_BITS) as SafetensorsDtype[];
    for (let round = 0; round < 500; round++) {
      const tensors: TensorData[] = Array.from({ length: int(6) }, (_, i) => {
        const dtype = dtypes[int(dtypes.length)]!;
        const shape = Array.from({ length: int(4) }, () => int(5) * 4);
        if (shape.length === 0 && SAFETENSORS_BITS[dtype] < 8) shape.push(4);
        const bytes = (elements(shape) * SAFETENSORS_BITS[dtype]) / 8;
        const data = Uint8Array.from({ length: bytes }, () => int(256));
        return { name: `t${i} "é\\ ${round}`, dtype, shape, data };
      });
      const file = await readSafetensors(writeSafetensors(tensors, { round: String(round) }));
      expect(file.metadata).toEqual({ round: String(round) });
      expect(file.names().sort()).toEqual(tensors.map((t) => t.name).sort());
      for (const { name, dtype, shape, data } of tensors) {
        expect(file.info(name)).toEqual({ dtype, shape, bytes: data.length });
        expect(Buffer.compare(await file.raw(name), data)).toBe(0);
      }
    }
  });

  it('refuses tensors that no file can hold', () => {
    const data = new Uint8Array(8);
    const attempt = (tensors: TensorData[]) => faultOf(async () => writeSafetensors(tensors));
    const good: TensorData = { name: 'a', dtype: 'F32', shape: [2], data };
    return Promise.all(
      [
        [good, good],
        [{ ...good, shape: [3] }],
        [{ ...good, shape: [-2] }],
        [{ ...good, dtype: 'Q8' as SafetensorsDtype }],
        [{ ...good, name: '__metadata__' }],
      ].map(async (tensors) => expect(await attempt(tensors)).toBe('invalid-tensor')),
    );
  });

  it('aligns the data to 8 bytes', () => {
    for (const name of ['a', 'ab', 'abc', 'abcd', 'abcde']) {
      const { start } = layoutSafetensors([{ name, dtype: 'F64', shape: [1] }], {});
      expect(start.length % 8).toBe(0);
    }
  });
});
