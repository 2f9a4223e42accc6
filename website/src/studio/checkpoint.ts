import { bytesFromMemory, readSafetensors, writeSafetensors } from '@attune/model';
import type { ResumePoint, TrainedTensors } from '@attune/trainer';
import { writeFile } from './opfs';
import type { SavedRun } from './studio';

// One run, in the page's own file system (OPFS): nothing else can read it.
const names = { state: 'studio.safetensors', run: 'studio.json' };
const roles = ['parameters', 'm', 'v'] as const;

interface Checkpoint {
  readonly run: SavedRun;
  readonly resume: ResumePoint;
  readonly tensors: TrainedTensors;
}

async function read(name: string): Promise<Uint8Array | undefined> {
  try {
    const folder = await navigator.storage.getDirectory();
    const file = await (await folder.getFileHandle(name)).getFile();
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    return undefined;
  }
}

/** The description is written last: a run whose tensors are half written is not there. */
export async function save({ run, resume, tensors }: Checkpoint): Promise<void> {
  await forget();
  const list = roles.flatMap((role) =>
    [...tensors[role]].map(([name, data]) => ({
      name: `${role}/${name}`,
      dtype: 'F32' as const,
      shape: [data.length],
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
  );
  await writeFile(names.state, writeSafetensors(list));
  await writeFile(names.run, new TextEncoder().encode(JSON.stringify({ run, resume })));
}

export async function load(): Promise<Checkpoint | undefined> {
  const [text, state] = [await read(names.run), await read(names.state)];
  if (!text?.length || !state) return undefined;
  const { run, resume } = JSON.parse(new TextDecoder().decode(text));
  const tensors = { parameters: new Map(), m: new Map(), v: new Map() };
  const file = await readSafetensors(bytesFromMemory(state, names.state));
  for (const key of file.names()) {
    const [role, ...rest] = key.split('/');
    tensors[role as 'm'].set(rest.join('/'), await file.float32(key));
  }
  return { run, resume, tensors };
}

export async function forget(): Promise<void> {
  const folder = await navigator.storage.getDirectory();
  await folder.removeEntry(names.run).catch(() => undefined);
}
