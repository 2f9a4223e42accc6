import { useState } from 'react';
import { useText } from '../text';
import Fault from './Fault';
import type { RunSpec } from './live';
import styles from './live.module.css';
import type { Checked } from './protocol';
import { announce, type Recorded, recordedNote } from './recorded';
import { formatBytes, spokenError, spokenTime } from './spoken';
import { useJob } from './use-job';
import { words } from './words';

/** The kernel of a page on the reader's adapter: error against float64, time, bytes. */
export default function Run({ spec, recorded }: { spec: RunSpec; recorded: Recorded }) {
  const text = useText();
  const [result, setResult] = useState<Checked>();
  const { phase, fault, start, stop } = useJob((event) => {
    if (event.kind !== 'checked') return;
    setResult(event.result);
    announce('run', { ...event.result, tolerance: spec.tolerance });
  });
  const busy = phase === 'running';
  const shown = result ?? recorded.run;
  const { tolerance, ...problem } = spec;
  const shapes = Object.entries(spec.inputs).map(([name, { shape }]) => `${name} [${shape}]`);
  return (
    <section className={styles.panel} data-live="run">
      <div className={styles.bar}>
        <button
          type="button"
          className={styles.button}
          onClick={() => start({ kind: 'check', problem })}
          disabled={busy}
        >
          {text(busy ? words.running : result ? words.again : words.run)}
        </button>
        <button
          type="button"
          className={`${styles.quiet} ${styles.stop}`}
          onClick={stop}
          disabled={!busy}
        >
          {text(words.stop)}
        </button>
        <span className={styles.status}>
          <code>{spec.operation}</code>: {shapes.join(', ')}
        </span>
      </div>
      <output aria-live="polite">
        {phase === 'stopped' && <span className={styles.status}>{text(words.stopped)}</span>}
        {shown && <Facts result={shown} tolerance={tolerance} />}
      </output>
      {!result && recorded.run && (
        <p className={styles.note}>{text(recordedNote(recorded, recorded.run.adapter))}</p>
      )}
      {fault && <Fault fault={fault} />}
    </section>
  );
}

function Facts({ result, tolerance }: { result: Checked; tolerance: number }) {
  const text = useText();
  const good = result.error <= tolerance;
  return (
    <dl className={styles.facts}>
      <dt>{text(words.adapter)}</dt>
      <dd>
        {result.adapter}
        {result.software && ` (${text(words.software)})`}
      </dd>
      <dt>{text(words.error)}</dt>
      <dd>
        <span className={good ? styles.good : styles.bad}>
          {good ? '✓' : '✗'} {spokenError(result.error)}
        </span>{' '}
        ({result.where}; {text(words.allowed)} {spokenError(tolerance)})
      </dd>
      <dt>{text(words.time)}</dt>
      <dd>
        {spokenTime(result.milliseconds)}, {result.dispatches} {text(words.dispatches)}
      </dd>
      <dt>{text(words.bytes)}</dt>
      <dd>
        {formatBytes(result.bytes)} ({(result.bytes / result.milliseconds / 1e6).toPrecision(3)}{' '}
        GB/s)
      </dd>
    </dl>
  );
}
