import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttuneError } from '@attune/gpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderFromFiles } from './folder.ts';
import { readGguf } from './gguf.ts';
import { ggufParts, wholeGgufs } from './gguf-shards.ts';
import { ggufValue, writeGguf } from './gguf-writer.ts';
import { openModel } from './open.ts';
import { faultOf } from './testing/fault.ts';
import { fixture } from './testing/fixture.ts';

const whole = new Uint8Array(await readFile(fixture('llama-q4_0.gguf')));
const file = await readGguf(whole);

/** A part as llama-gguf-split writes it: all metadata in the first, its own tensors, and what it is a part of. */
async function part(no: number, count: number, changes: Record<string, number> = {}) {
  const names = file.names();
  const size = Math.ceil(names.length / count);
  const tensors = await Promise.all(
    names.slice(no * size, (no + 1) * size).map(async (name) => {
      const { shape, dtype } = file.info(name);
      return { name, type: dtype, shape, data: await file.raw(name) };
    }),
  );
  const said = {
    'split.no': no,
    'split.count': count,
    'split.tensors.count': names.length,
    ...changes,
  };
  const metadata = new Map(no === 0 ? file.metadata : []);
  for (const key of ['split.no', 'split.count'] as const) {
    metadata.set(key, { type: 'uint16', value: said[key] });
  }
  metadata.set('split.tensors.count', { type: 'int32', value: said['split.tensors.count'] });
  if (no > 0) metadata.set('general.architecture', ggufValue.string('llama'));
  return writeGguf(metadata, tensors);
}

const nameOf = (no: number, count = 3) => ggufParts(`m-00001-of-0000${count}.gguf`)![no]!;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-parts-'));
  for (let no = 0; no < 3; no++) await writeFile(join(folder, nameOf(no)), await part(no, 3));
});
afterAll(() => rm(folder, { recursive: true }));

async function fault(attempt: () => Promise<unknown>): Promise<AttuneError> {
  const error = await attempt().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AttuneError);
  return error as AttuneError;
}

describe('a GGUF in parts', () => {
  it('is the whole model, from its folder and from the path of any part', async () => {
    const single = await openModel(fixture('llama-q4_0.gguf'));
    for (const path of [folder, ...[0, 1, 2].map((no) => join(folder, nameOf(no)))]) {
      const model = await openModel(path);
      expect(model.config).toEqual(single.config);
      expect(model.weights.names().sort()).toEqual(single.weights.names().sort());
      for (const name of single.weights.names()) {
        expect(await model.weights.raw(name)).toEqual(await single.weights.raw(name));
      }
      expect(model.tokenizer).toEqual(single.tokenizer);
      expect([...model.gguf!.metadata.keys()]).not.toContain('split.count');
    }
  });

  it('of which one is missing names it', async () => {
    const files = new Map([
      [nameOf(0), await part(0, 3)],
      [nameOf(2), await part(2, 3)],
    ]);
    const error = await fault(() => openModel(folderFromFiles(files)));
    expect(error.code).toBe('gguf-part');
    expect(error.message).toContain(nameOf(1));
  });

  it('alone, or under another name, says which part it is and how to join them', async () => {
    const alone = await fault(async () => openModel(new Blob([await part(0, 2)])));
    expect(alone.code).toBe('gguf-part');
    expect(alone.message).toContain('part 1 of 2');
    expect(alone.remedy).toContain('llama-gguf-split --merge');
    const path = join(folder, 'part.gguf');
    await writeFile(path, await part(1, 2));
    expect((await fault(() => openModel(path))).message).toContain('part 2 of 2');
    await rm(path);
  });

  it.each<[string, Record<string, number>, string]>([
    ['another number', { 'split.no': 0 }, 'gguf-part'],
    ['another count', { 'split.count': 4 }, 'gguf-part'],
  ])('of which one states %s is refused', async (_, changes, code) => {
    const files = new Map<string, Uint8Array>();
    for (let no = 0; no < 3; no++)
      files.set(nameOf(no), await part(no, 3, no === 1 ? changes : {}));
    expect(await faultOf(() => openModel(folderFromFiles(files)))).toBe(code);
  });

  it('with a tensor too few or one twice is refused', async () => {
    const files = new Map<string, Uint8Array>();
    for (let no = 0; no < 3; no++) {
      files.set(nameOf(no), await part(no, 3, { 'split.tensors.count': 999 }));
    }
    expect(await faultOf(() => openModel(folderFromFiles(files)))).toBe('invalid-gguf');
    // The second part holds the tensors of the first.
    const two = new Map([
      [nameOf(0, 2), await part(0, 1, { 'split.count': 2 })],
      [nameOf(1, 2), await part(0, 1, { 'split.no': 1, 'split.count': 2 })],
    ]);
    expect(await faultOf(() => openModel(folderFromFiles(two)))).toBe('invalid-gguf');
  });

  it('is one of several models where other files lie beside it', () => {
    const parts = [0, 1, 2].map((no) => nameOf(no));
    expect(wholeGgufs(['config.json', ...parts])).toEqual([parts[0]]);
    expect(wholeGgufs([...parts, 'b.gguf'])).toEqual([parts[0], 'b.gguf']);
    expect(wholeGgufs(parts.slice(1))).toEqual(parts.slice(1));
    expect(ggufParts('m-00001-of-99999.gguf')).toBeUndefined();
    expect(ggufParts('m.gguf')).toBeUndefined();
  });
});
