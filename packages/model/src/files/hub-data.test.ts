import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Row, readAllRows } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadAdapter } from './hub.ts';
import { type HubDatasetOptions, openHubDataset } from './hub-data.ts';
import { nodeHubStorage } from './hub-storage.ts';
import { COMMIT, type MockHub, mockHub } from './testing/mock-hub.ts';

const text = (value: string) => new TextEncoder().encode(value);
const files = new Map<string, Uint8Array>([
  ['README.md', text('card')],
  ['data/train-00000-of-00002.jsonl', text('{"text": "a"}\n')],
  ['data/train-00001-of-00002.jsonl', text('{"text": "b"}\n')],
  ['data/test-00000-of-00001.jsonl', text('{"text": "c"}\n')],
  ['extra/x y.csv', text('text;n\nd;1\n')],
]);

let hub: MockHub;
let root: string;
beforeEach(async () => {
  hub = await mockHub(files);
  root = await mkdtemp(join(tmpdir(), 'attune-hub-data-'));
});
afterEach(async () => {
  await hub.close();
  await rm(root, { recursive: true });
});

const open = async (more: Partial<HubDatasetOptions> = {}) =>
  openHubDataset('someone/rows', {
    storage: await nodeHubStorage(root),
    endpoint: hub.endpoint,
    stallSeconds: 0.4,
    ...more,
  });

async function rowsOf(split: string, more: Partial<HubDatasetOptions> = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readAllRows(await (await open(more)).download(split))) rows.push(row);
  return rows;
}

async function errorOf(attempt: () => Promise<unknown>): Promise<AttuneError> {
  const error = await attempt().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AttuneError);
  return error as AttuneError;
}

describe('a data set of the hub', () => {
  it('is read split by split, and loads no other', async () => {
    expect(await rowsOf('train')).toEqual([{ text: 'a' }, { text: 'b' }]);
    expect(
      hub.asked.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path),
    ).toEqual([
      `/datasets/someone/rows/resolve/${COMMIT}/data/train-00000-of-00002.jsonl`,
      `/datasets/someone/rows/resolve/${COMMIT}/data/train-00001-of-00002.jsonl`,
    ]);
    const link = join(root, 'datasets--someone--rows/snapshots', COMMIT, 'data');
    expect(await readFile(join(link, 'train-00000-of-00002.jsonl'), 'utf8')).toContain('a');
    expect(await rowsOf('test')).toEqual([{ text: 'c' }]);
  });

  it('is read by its card, and from the cache when there is no connection', async () => {
    const configs = [
      { config_name: 'main', data_files: [{ split: 'train', path: 'data/train-*' }] },
      { config_name: 'extra', data_files: [{ split: 'dev', path: 'extra/*.csv' }] },
    ];
    hub.listing = (honest) => ({ ...honest, cardData: { configs } });
    expect((await errorOf(() => open())).code).toBe('data-config-unknown');
    expect(await rowsOf('dev', { name: 'extra' })).toEqual([{ text: 'd', n: 1 }]);
    const nowhere = { name: 'extra', endpoint: 'http://127.0.0.1:9' };
    expect(await rowsOf('dev', nowhere)).toEqual([{ text: 'd', n: 1 }]);
    expect(await rowsOf('dev', { name: 'extra', offline: true })).toEqual([{ text: 'd', n: 1 }]);
    const missing = await errorOf(() => rowsOf('train', { name: 'main', offline: true }));
    expect(missing.code).toBe('not-cached');
    expect(missing.message).toContain('train-00000-of-00002.jsonl');
  });

  it('without the split that is asked for names those it has', async () => {
    const error = await errorOf(() => rowsOf('validation'));
    expect(error.code).toBe('data-split-missing');
    expect(error.message).toContain('train, test');
  });

  it('without data files says what is there', async () => {
    hub.listing = ({ sha }) => ({ sha, siblings: [{ rfilename: 'rows.py' }] });
    const error = await errorOf(() => open());
    expect(error.code).toBe('data-files-missing');
    expect(error.message).toContain('rows.py, which runs code');
  });

  it('of a name that nobody has is gated, private or misspelt', async () => {
    hub.refuse = (response) => {
      response.writeHead(401).end();
      return true;
    };
    const error = await errorOf(() => open());
    expect(error.message).toContain('no data set someone/rows');
    expect(error.remedy).toContain('/datasets/someone/rows');
  });
});

describe('an adapter of the hub', () => {
  const adapter = async () =>
    downloadAdapter('someone/lora', {
      storage: await nodeHubStorage(root),
      endpoint: hub.endpoint,
      stallSeconds: 0.4,
    });

  it('is a folder of PEFT’s files', async () => {
    await hub.close();
    hub = await mockHub(
      new Map([
        ['adapter_config.json', text('{"peft_type": "LORA"}')],
        ['adapter_model.safetensors', text('weights')],
        ['optimizer.pt', text('not wanted')],
      ]),
    );
    const folder = await adapter();
    expect(await folder.list()).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
    expect(await readFile(join(folder.path!, 'adapter_config.json'), 'utf8')).toContain('LORA');
  });

  it('that is a pickle, or none, says so', async () => {
    hub.listing = ({ sha }) => ({ sha, siblings: [{ rfilename: 'adapter_model.bin' }] });
    expect((await errorOf(adapter)).message).toContain('a pickle that runs code');
    hub.listing = ({ sha }) => ({ sha, siblings: [{ rfilename: 'model.safetensors' }] });
    expect(await errorOf(adapter)).toMatchObject({ code: 'not-an-adapter' });
  });
});
