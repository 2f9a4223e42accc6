/** Something to time: resolves when the GPU has done the work. */
export interface Contender {
  readonly name: string;
  run(): Promise<void>;
}

/** Medians of one contender, in milliseconds. */
export interface Timing {
  readonly name: string;
  readonly ms: number;
  /** Of all threads of this process: on a software adapter, the figure that other jobs do not disturb. */
  readonly cpuMs?: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const cpuTime = () => {
  const usage = globalThis.process?.cpuUsage?.();
  return usage ? (usage.user + usage.system) / 1000 : Number.NaN;
};

/** Runs each contender once a round, after one run that is not counted, so that a change of the machine meets all. */
export async function timeRounds(
  contenders: readonly Contender[],
  rounds: number,
): Promise<Timing[]> {
  const samples = contenders.map(() => ({ wall: [] as number[], cpu: [] as number[] }));
  for (const { run } of contenders) await run();
  for (let round = 0; round < rounds; round++) {
    for (const [i, { run }] of contenders.entries()) {
      const [wall, cpu] = [performance.now(), cpuTime()];
      await run();
      samples[i]!.wall.push(performance.now() - wall);
      samples[i]!.cpu.push(cpuTime() - cpu);
    }
  }
  return contenders.map(({ name }, i) => {
    const cpuMs = median(samples[i]!.cpu);
    return { name, ms: median(samples[i]!.wall), ...(Number.isNaN(cpuMs) ? {} : { cpuMs }) };
  });
}
