import type { ReactNode } from 'react';
import { useText } from '../text';
import styles from './live.module.css';
import { words } from './words';

interface Props {
  readonly phase: string;
  /** Whether what is shown is the reader's own run. */
  readonly own: boolean;
  /** Whether the model is on the device. */
  readonly ready: boolean;
  readonly begin: () => void;
  readonly stop: () => void;
  /** How far the run is. */
  readonly children: ReactNode;
}

/** Train, stop, and where the run stands. */
export default function TrainBar({ phase, own, ready, begin, stop, children }: Props) {
  const text = useText();
  const busy = phase === 'running';
  return (
    <div className={styles.bar}>
      <button type="button" className={styles.button} onClick={begin} disabled={busy}>
        {text(busy ? words.running : own ? words.trainAgain : words.train)}
      </button>
      <button
        type="button"
        className={`${styles.quiet} ${styles.stop}`}
        onClick={stop}
        disabled={!busy}
      >
        {text(words.stop)}
      </button>
      <output className={styles.status} aria-live="off">
        {busy && !ready && text(words.loading)}
        {phase === 'stopped' && text(words.stopped)} {children}
      </output>
    </div>
  );
}
