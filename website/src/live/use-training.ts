import { useRef, useState } from 'react';
import type { TrainSettings } from './live';
import type { Event, Sample } from './protocol';
import { announce, type RecordedTraining } from './recorded';
import { useJob } from './use-job';

type Ready = Extract<Event, { kind: 'ready' }>;

const nothing = {
  losses: [] as readonly number[],
  seconds: 0,
  before: [] as readonly Sample[],
  after: [] as readonly Sample[],
};

/** One training of the embedded model: what has come of it so far. */
export function useTraining() {
  const [ready, setReady] = useState<Ready>();
  const [progress, setProgress] = useState(nothing);
  const [adapter, setAdapter] = useState<ReadonlyMap<string, Uint8Array>>();
  const latest = useRef(nothing);
  const grow = (more: Partial<typeof nothing>) => {
    latest.current = { ...latest.current, ...more };
    setProgress(latest.current);
  };
  const { phase, fault, start, stop } = useJob((event) => {
    const { losses, seconds } = latest.current;
    if (event.kind === 'ready') setReady(event);
    if (event.kind === 'adapter') setAdapter(event.files);
    if (event.kind === 'samples') {
      grow(event.step === 0 ? { before: event.samples } : { after: event.samples });
    }
    if (event.kind === 'step') {
      grow({ losses: [...losses, event.loss], seconds: seconds + event.seconds });
      announce('progress', { losses: latest.current.losses });
    }
    if (event.kind === 'done' && ready) {
      const { computer, memory, trained, total } = ready;
      const result: RecordedTraining = {
        adapter: computer.adapter,
        memory,
        trained,
        total,
        ...latest.current,
      };
      announce('train', result);
    }
  });
  const begin = (settings: TrainSettings) => {
    grow(nothing);
    setReady(undefined);
    setAdapter(undefined);
    start({ kind: 'train', settings });
  };
  return { phase, fault, ready, adapter, begin, stop, ...progress };
}
