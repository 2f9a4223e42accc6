/** What is measured of one variant. */
export interface Trial {
  /** One run, in milliseconds. */
  time(): Promise<number>;
  destroy(): void;
}

/** Variants that could serve one class of products, the one that the rules would take first. */
export interface Candidates {
  readonly class: string;
  readonly names: readonly string[];
}

/** The clock on the wall, and a call that comes when it has gone on; returns how to call it off. */
export interface TrialClock {
  now(): number;
  after(milliseconds: number, call: () => void): () => void;
}

const wall: TrialClock = {
  now: () => performance.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A variant that is not the rules' own must be this much faster: machines are noisy. */
const margin = 0.85;

const rounds = { wanted: 5, needed: 3 };

const late = Symbol('late');

/**
 * The fastest variant of each class, as far as `milliseconds` allow: the answer comes by then even if a
 * compilation or a run is still under way, which is left to end by itself. No trial is begun that may take a
 * quarter of what is left. A class counts once its variants have run in three whole rounds.
 *
 * @param start compiles one variant; its time counts
 * @returns the classes in which another variant than the rules' own won, with its name
 */
export async function fastestWithin<C extends Candidates>(
  classes: readonly C[],
  start: (candidates: C, name: string) => Promise<Trial>,
  milliseconds: number,
  clock: TrialClock = wall,
): Promise<Record<string, string>> {
  const end = clock.now() + milliseconds;
  const left = () => end - clock.now();
  const within = async <T>(work: Promise<T>): Promise<T | typeof late> => {
    let off = () => {};
    const over = new Promise<typeof late>((done) => {
      off = clock.after(Math.max(0, left()), () => done(late));
    });
    return Promise.race([work, over]).finally(() => off());
  };
  const choices: Record<string, string> = {};
  let dearest = 0;
  for (const candidates of classes) {
    const trials: [name: string, trial: Trial][] = [];
    let busy: Promise<unknown> = Promise.resolve();
    const timed = (trial: Trial) => {
      const run = trial.time();
      busy = run.catch(() => {});
      return within(run);
    };
    try {
      for (const name of candidates.names) {
        const began = clock.now();
        if (4 * dearest >= left()) break;
        const starting = start(candidates, name);
        const trial = await within(starting);
        if (trial === late) {
          starting.then((each) => each.destroy()).catch(() => {});
          return choices;
        }
        trials.push([name, trial]);
        if ((await timed(trial)) === late) return choices;
        dearest = Math.max(dearest, clock.now() - began);
      }
      const times = trials.map(() => [] as number[]);
      for (let round = 0; trials.length > 1 && round < rounds.wanted; round++) {
        const began = clock.now();
        const taken: number[] = [];
        for (const [, trial] of trials) {
          const time = left() > 0 ? await timed(trial) : late;
          if (time === late) break;
          taken.push(time);
        }
        if (taken.length < trials.length) break;
        for (const [i, time] of taken.entries()) times[i]!.push(time);
        if (clock.now() - began > left()) break;
      }
      const best = winner(times);
      if (best > 0) choices[candidates.class] = trials[best]![0];
    } finally {
      // Not while it runs: a trial that was left under way is destroyed when it ends.
      void busy.then(() => {
        for (const [, trial] of trials) trial.destroy();
      });
    }
    if (4 * dearest >= left()) break;
  }
  return choices;
}

/** Which of the contenders is clearly faster than the first by its median; 0 if none is, or too few rounds ran. */
function winner(times: readonly number[][]): number {
  if (!times[0] || times[0].length < rounds.needed) return 0;
  const medians = times.map((each) => [...each].sort((a, b) => a - b)[each.length >> 1]!);
  const best = medians.indexOf(Math.min(...medians));
  return medians[best]! < margin * medians[0]! ? best : 0;
}
