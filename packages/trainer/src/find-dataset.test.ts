import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatasetSource, type Row, rowsOf } from '@attune/data';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findDatasets } from './find-dataset.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'attune-datasets-'));
  vi.stubEnv('HF_HUB_CACHE', root);
  vi.stubEnv('HF_HUB_OFFLINE', '1');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

async function textsOf(source: DatasetSource | undefined): Promise<unknown[] | undefined> {
  if (source === undefined) return undefined;
  const rows: Row[] = [];
  for await (const row of rowsOf(source, {})) rows.push(row);
  return rows.map(({ text }) => text);
}

async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), `${JSON.stringify({ text })}\n`);
  }
}

const training = { evaluates: false };
const evaluating = { evaluates: true };

describe('a data set by name', () => {
  const splits = { 'train-1.jsonl': 'a', 'train-2.jsonl': 'b', 'test.jsonl': 'c' };

  test('is a folder, of which a split trains, and another is held out where the run evaluates', async () => {
    const folder = join(root, 'rows');
    await write(folder, splits);
    const found = await findDatasets({ trainDataset: folder }, training);
    expect(await textsOf(found.trainDataset)).toEqual(['a', 'b']);
    expect(found.evalDataset).toBeUndefined();
    const both = await findDatasets({ trainDataset: [folder] }, evaluating);
    expect(await textsOf(both.evalDataset)).toEqual(['c']);
    const own = { trainDataset: folder, testSplitSize: 0.5 };
    expect((await findDatasets(own, evaluating)).evalDataset).toBeUndefined();
    const other = { trainDataset: folder, datasetTrainSplit: 'test' };
    expect(await textsOf((await findDatasets(other, training)).trainDataset)).toEqual(['c']);
    const none = { trainDataset: folder, datasetTrainSplit: 'dev' };
    await expect(findDatasets(none, training)).rejects.toThrow(/no split dev; it has train, test/);
    const held = { trainDataset: [{ text: 'x' }], evalDataset: folder };
    expect(await textsOf((await findDatasets(held, evaluating)).evalDataset)).toEqual(['c']);
  });

  test('is a hub id, where no such path is there', async () => {
    const home = join(root, 'datasets--someone--rows');
    await write(join(home, 'snapshots', 'c'.repeat(40)), splits);
    await mkdir(join(home, 'refs'));
    await writeFile(join(home, 'refs/main'), 'c'.repeat(40));
    const found = await findDatasets({ trainDataset: 'someone/rows' }, evaluating);
    expect(await textsOf(found.trainDataset)).toEqual(['a', 'b']);
    expect(await textsOf(found.evalDataset)).toEqual(['c']);
    const missing = findDatasets({ trainDataset: 'someone/else' }, training);
    await expect(missing).rejects.toMatchObject({
      code: 'not-cached',
      message: expect.stringMatching(/^There is no file or folder someone\/else\./),
    });
  });

  test('is left as it is where it is rows, a file, or a path that is not there', async () => {
    await write(root, { 'file.jsonl': 'f' });
    const rows = [{ text: 'x' }];
    expect((await findDatasets({ trainDataset: rows }, evaluating)).trainDataset).toBe(rows);
    const path = join(root, 'file.jsonl');
    const files = await findDatasets({ trainDataset: path, evalDataset: [path] }, evaluating);
    expect(files).toEqual({ trainDataset: [path], evalDataset: [path] });
    for (const nowhere of ['no/such/file.jsonl', 'such/file.jsonl.gz']) {
      const found = await findDatasets({ trainDataset: nowhere }, training);
      expect(found.trainDataset).toEqual([nowhere]);
    }
    expect(await findDatasets({}, evaluating)).toEqual({
      trainDataset: undefined,
      evalDataset: undefined,
    });
  });
});
