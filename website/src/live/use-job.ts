import { useCallback, useEffect, useRef, useState } from 'react';
import type { Event, Request } from './protocol';
import type { Job } from './session';

export type Phase = 'idle' | 'running' | 'done' | 'stopped' | 'error';
export type Fault = Extract<Event, { kind: 'error' }>;

const endings = new Set<Event['kind']>(['computed', 'checked', 'looked', 'done']);

/** Work of one component in the shared worker: its phase, its fault, and the buttons' actions. */
export function useJob(take: (event: Event) => void) {
  const [phase, setPhase] = useState<Phase>('idle');
  const [fault, setFault] = useState<Fault>();
  const job = useRef<Job>(undefined);
  const latest = useRef(take);
  latest.current = take;

  const start = useCallback((request: Request) => {
    setPhase('running');
    setFault(undefined);
    const fail = (event: Fault) => {
      setFault(event);
      setPhase('error');
    };
    // The worker's code is not loaded before somebody asks for it.
    import('./session').then(
      ({ begin }) => {
        job.current = begin(request, (event) => {
          if (event.kind === 'stopped') return setPhase('stopped');
          if (event.kind === 'error') return fail(event);
          latest.current(event);
          if (event.kind === 'paused') setPhase('stopped');
          if (endings.has(event.kind)) setPhase('done');
        });
      },
      (error) =>
        fail({ kind: 'error', code: 'load', message: String(error), remedy: 'Reload the page.' }),
    );
  }, []);
  const stop = useCallback(() => job.current?.stop(), []);
  const pause = useCallback(() => job.current?.pause(), []);
  useEffect(() => () => job.current?.stop(), []);
  return { phase, fault, start, stop, pause };
}
