import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { matches, splitsOfFiles } from './data-files.ts';

/** What datasets 5.2 makes of folders with these files. */
const recorded: { files: string[]; splits: Record<string, string[]> }[] = JSON.parse(
  readFileSync(new URL('../fixtures/files/patterns.json', import.meta.url), 'utf8'),
);
const splits = (...given: Parameters<typeof splitsOfFiles>) =>
  Object.fromEntries(splitsOfFiles(...given));

describe('the splits of files', () => {
  it.each(recorded)('$files are those of load_dataset', ({ files, splits: expected }) => {
    expect(splits([...files, 'README.md', 'script.py'])).toEqual(expected);
  });

  it('follow the card of the data set, by configuration, pattern and folder', () => {
    const names = ['en/a-1.csv', 'en/b.csv', 'de/a-1.csv', 'x.json', 'images.zip'];
    const configs = [
      { config_name: 'en', data_files: [{ split: 'train', path: 'en/*-*.csv' }] },
      {
        config_name: 'de',
        data_files: [{ split: 'test', path: ['de/**', 'x.json'] }],
        default: true,
      },
      { config_name: 'folder', data_dir: 'en' },
      { config_name: 'all', data_files: ['**/*.csv'] },
    ];
    expect(splits(names, { configs, name: 'en' })).toEqual({ train: ['en/a-1.csv'] });
    expect(splits(names, { configs })).toEqual({ test: ['de/a-1.csv', 'x.json'] });
    expect(splits(names, { configs, name: 'folder' })).toEqual({
      train: ['en/a-1.csv', 'en/b.csv'],
    });
    expect(splits(names, { configs, name: 'all' }).train).toHaveLength(3);
    expect(splits(names, { configs: [configs[0]!] })).toEqual({ train: ['en/a-1.csv'] });
    expect(splits(names, { dataDir: './de/' })).toEqual({ train: ['de/a-1.csv'] });
    expect(() => splitsOfFiles(names, { configs, name: 'fr' })).toThrow(/fr; it has en, de/);
    expect(() => splitsOfFiles(names, { configs: configs.slice(2) })).toThrow(/several/);
    const missing = [{ data_files: 'nowhere.csv' }];
    expect(() => splitsOfFiles(names, { configs: missing })).toThrow(/nowhere.csv/);
  });

  it('are of the commonest format, Parquet where two are as common', () => {
    const names = ['train.csv', 'test.csv', 'train.parquet', 'train-1.jsonl', 'test.parquet'];
    expect(splits(names)).toEqual({ train: ['train.parquet'], test: ['test.parquet'] });
    expect(splits([...names, 'train-2.jsonl', 'train-3.jsonl']).train).toHaveLength(3);
    expect(splits(['config.json', 'README.md'])).toEqual({});
  });
});

it.each([
  ['data/a.csv', 'data/*', true],
  ['data/x/a.csv', 'data/*', false],
  ['data/x/a.csv', 'data/**', true],
  ['a.csv', '**/a.csv', true],
  ['x/y/a.csv', '**/a.csv', true],
  ['xa.csv', '**/a.csv', false],
  ['a1.csv', 'a[0-9].csv', true],
  ['ab.csv', 'a[!0-9].csv', true],
  ['a.csv', 'a?csv', true],
  ['aXcsv', 'a.csv', false],
  ['a(1)+.csv', 'a(1)+.csv', true],
])('%s is meant by %s: %s', (path, pattern, expected) => {
  expect(matches(path, pattern)).toBe(expected);
});
