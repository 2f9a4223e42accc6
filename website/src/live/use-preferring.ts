import { useRef, useState } from 'react';
import type { PreferSettings } from './live';
import type { Event, Sample, Tone } from './protocol';
import { announce, type RecordedPreference } from './recorded';
import { useJob } from './use-job';

type Ready = Extract<Event, { kind: 'ready' }>;

/** What is drawn, by TRL's names; an algorithm has some of them. */
export const drawn = ['reward', 'loss', 'rewards/margins', 'rewards/accuracies', 'kl'] as const;

const nothing = {
  curves: {} as Readonly<Record<string, readonly number[]>>,
  seconds: 0,
  before: [] as readonly Sample[],
  after: [] as readonly Sample[],
  tone: [] as readonly Tone[],
};

const short = (value: number) => Number(value.toPrecision(5));

/** One preference training of the embedded model: what has come of it so far. */
export function usePreferring() {
  const [ready, setReady] = useState<Ready>();
  const [progress, setProgress] = useState(nothing);
  const latest = useRef(nothing);
  const grow = (more: Partial<typeof nothing>) => {
    latest.current = { ...latest.current, ...more };
    setProgress(latest.current);
  };
  const { phase, fault, start, stop } = useJob((event) => {
    const { curves, seconds, tone } = latest.current;
    if (event.kind === 'ready') setReady(event);
    if (event.kind === 'samples') {
      grow(event.step === 0 ? { before: event.samples } : { after: event.samples });
    }
    if (event.kind === 'tone') {
      grow({ tone: [...tone, { ...event.tone, kl: short(event.tone.kl) }] });
    }
    if (event.kind === 'step') {
      const found: Readonly<Record<string, number>> = { ...event.metrics, loss: event.loss };
      const longer = drawn
        .filter((name) => found[name] !== undefined)
        .map((name) => [name, [...(curves[name] ?? []), short(found[name]!)]] as const);
      grow({ curves: Object.fromEntries(longer), seconds: seconds + event.seconds });
      announce('progress', { losses: latest.current.curves.loss });
    }
    if (event.kind === 'done' && ready) {
      const { computer, trained, total } = ready;
      const result: RecordedPreference = {
        adapter: computer.adapter,
        trained,
        total,
        ...latest.current,
        seconds: short(latest.current.seconds),
      };
      announce('prefer', result);
    }
  });
  const begin = (settings: PreferSettings) => {
    grow(nothing);
    setReady(undefined);
    start({ kind: 'prefer', settings });
  };
  return { phase, fault, ready, begin, stop, ...progress };
}
