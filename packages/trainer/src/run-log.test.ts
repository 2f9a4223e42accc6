import { expect, test } from 'vitest';
import { crc32c, eventRecord } from './events.ts';
import { memoryFolder } from './folder.ts';
import { formatDuration, sparkline } from './progress.ts';
import { RunLog } from './run-log.ts';

test('CRC-32C gives the standard check value', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

test('an event record holds its tags, values and step behind a valid frame', () => {
  const record = eventRecord(1.5, 300, { 'train/loss': 0.25 });
  const view = new DataView(record.buffer);
  const length = view.getUint32(0, true);
  expect(record.length).toBe(length + 16);
  const data = record.subarray(12, 12 + length);
  const crc = crc32c(data);
  expect(view.getUint32(12 + length, true)).toBe((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  expect(new DataView(data.buffer, data.byteOffset).getFloat64(1, true)).toBe(1.5);
  expect([data[9], data[10], data[11]]).toEqual([0x10, (300 & 127) | 128, 300 >> 7]);
  expect(new TextDecoder().decode(data)).toContain('train/loss');
  expect(new DataView(data.buffer, data.byteOffset + data.length - 4).getFloat32(0, true)).toBe(
    0.25,
  );
});

test('metrics.jsonl has a row a log, trainer_state.json the same history, resumed rows first', async () => {
  const files = new Map<string, Uint8Array>();
  const facts = {
    maxSteps: 4,
    numTrainEpochs: 1,
    trainBatchSize: 2,
    loggingSteps: 1,
    saveSteps: 2,
  };
  const log = await RunLog.open(memoryFolder(files), facts, {
    history: [{ loss: 2, step: 1 }],
  });
  await log.row({ loss: 1, step: 2 });
  await log.finish(2, 0.5);
  const text = (name: string) => new TextDecoder().decode(files.get(name));
  const rows = text('metrics.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows).toEqual([
    { loss: 2, step: 1 },
    { loss: 1, step: 2 },
  ]);
  expect(JSON.parse(text('trainer_state.json'))).toMatchObject({
    global_step: 2,
    log_history: rows,
  });
  expect([...files.keys()].some((name) => name.startsWith('events.out.tfevents.'))).toBe(true);
});

test('times and curves read as people write them', () => {
  expect([42, 185, 7800].map(formatDuration)).toEqual(['42 s', '3 min 5 s', '2 h 10 min']);
  expect(sparkline([8, 7, 6, 5, 4, 3, 2, 1])).toBe('█▇▆▅▄▃▂▁');
});

test('a run that reports to none leaves no file for TensorBoard', async () => {
  const files = new Map<string, Uint8Array>();
  const facts = {
    maxSteps: 1,
    numTrainEpochs: 1,
    trainBatchSize: 1,
    loggingSteps: 1,
    saveSteps: 1,
  };
  const log = await RunLog.open(memoryFolder(files), facts, { events: false });
  await log.row({ loss: 1, step: 1 });
  expect([...files.keys()]).toEqual(['metrics.jsonl']);
});
