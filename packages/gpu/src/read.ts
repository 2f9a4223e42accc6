import { AttuneError } from './error.ts';
import { type Device, deviceOf } from './gpu.ts';
import { raceLoss, stateOf, throwPending } from './state.ts';

const chunk = 64 << 20;
const kept = 8;
const copySrc = 0x4;
const mapReadAndCopyDst = 0x9;

/**
 * Copies bytes of a buffer to the CPU, after all work submitted before. The buffer needs usage COPY_SRC.
 *
 * @param offset first byte, default 0
 * @param bytes how many, default up to the end
 * @throws AttuneError `device-lost`, `out-of-range`, or an error of earlier GPU work
 */
export async function readBuffer(
  of: Device,
  buffer: GPUBuffer,
  offset = 0,
  bytes = buffer.size - offset,
): Promise<ArrayBuffer> {
  const device = deviceOf(of);
  throwPending(stateOf(device));
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(bytes);
  if (!whole || offset < 0 || bytes < 0 || offset + bytes > buffer.size) {
    throw new AttuneError(
      'out-of-range',
      `Bytes ${offset} to ${offset + bytes} of buffer ${buffer.label} were asked for, it has ${buffer.size}.`,
      'Read inside the buffer.',
    );
  }
  if (!(buffer.usage & copySrc)) {
    throw new AttuneError(
      'out-of-range',
      `Buffer ${buffer.label} cannot be read: it was made without COPY_SRC.`,
      'Add GPUBufferUsage.COPY_SRC to its usage.',
    );
  }
  const result = new Uint8Array(bytes);
  for (let done = 0; done < bytes; done += chunk) {
    const part = Math.min(chunk, bytes - done);
    result.set(await readPart(device, buffer, offset + done, part), done);
  }
  return result.buffer;
}

/** Copies work in units of 4 bytes, so a little more than asked may travel. */
async function readPart(
  device: GPUDevice,
  buffer: GPUBuffer,
  offset: number,
  bytes: number,
): Promise<Uint8Array> {
  const start = offset - (offset % 4);
  const length = Math.ceil((offset + bytes - start) / 4) * 4;
  const staging = take(device, length);
  const encoder = device.createCommandEncoder({ label: 'read' });
  encoder.copyBufferToBuffer(buffer, start, staging, 0, length);
  device.queue.submit([encoder.finish()]);
  try {
    await raceLoss(device, staging.mapAsync(1, 0, length));
  } catch (error) {
    // Its state is unknown now: a buffer whose map failed is never used again.
    staging.destroy();
    throw error;
  }
  const view = new Uint8Array(staging.getMappedRange(0, length), offset - start, bytes);
  const copy = view.slice();
  staging.unmap();
  giveBack(device, staging);
  return copy;
}

/** Sizes are powers of two, so that reads of nearby lengths share a buffer. Not among the live bytes: those are the callers'. */
function take(device: GPUDevice, length: number): GPUBuffer {
  const size = Math.max(256, 2 ** Math.ceil(Math.log2(length)));
  const { staging } = stateOf(device);
  const at = staging.findIndex((buffer) => buffer.size === size);
  if (at >= 0) return staging.splice(at, 1)[0]!;
  return device.createBuffer({ label: 'staging', size, usage: mapReadAndCopyDst });
}

function giveBack(device: GPUDevice, buffer: GPUBuffer): void {
  const { staging, lostError } = stateOf(device);
  if (lostError || buffer.size > 1 << 20 || staging.length >= kept) buffer.destroy();
  else staging.push(buffer);
}
