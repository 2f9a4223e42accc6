import { useRef, useState } from 'react';
import { useText } from '../text';
import Fault from './Fault';
import type { TrainSettings, TrainSpec } from './live';
import styles from './live.module.css';
import Plot from './Plot';
import type { Event, Sample } from './protocol';
import { announce, type Recorded, recordedNote } from './recorded';
import { spokenBytes, spokenTime } from './spoken';
import TrainChoices from './TrainChoices';
import { useJob } from './use-job';
import { words } from './words';

type Ready = Extract<Event, { kind: 'ready' }>;

/** Training of the embedded model in the page: loss as it falls, answers as they come right. */
export default function Train({ spec, recorded }: { spec: TrainSpec; recorded: Recorded }) {
  const text = useText();
  const { choices, ...initial } = spec;
  const [settings, setSettings] = useState<TrainSettings>(initial);
  const [ready, setReady] = useState<Ready>();
  const [losses, setLosses] = useState<number[]>([]);
  const [before, setBefore] = useState<readonly Sample[]>();
  const [now, setNow] = useState<readonly Sample[]>();
  const [adapter, setAdapter] = useState<ReadonlyMap<string, Uint8Array>>();
  const kept = useRef({
    losses: [] as number[],
    seconds: 0,
    before: [] as readonly Sample[],
    after: [] as readonly Sample[],
  });
  const { phase, fault, start, stop } = useJob((event) => {
    const record = kept.current;
    if (event.kind === 'ready') setReady(event);
    if (event.kind === 'adapter') setAdapter(event.files);
    if (event.kind === 'samples') {
      if (event.step === 0) record.before = event.samples;
      else record.after = event.samples;
      (event.step === 0 ? setBefore : setNow)(event.samples);
    }
    if (event.kind === 'step') {
      record.seconds += event.seconds;
      record.losses = [...record.losses, event.loss];
      setLosses(record.losses);
    }
    if (event.kind === 'done' && ready) {
      const { computer, account, trained, total } = ready;
      announce('train', { adapter: computer.adapter, account, trained, total, ...record });
    }
  });
  const begin = () => {
    kept.current = { losses: [], seconds: 0, before: [], after: [] };
    setReady(undefined);
    setLosses([]);
    setBefore(undefined);
    setNow(undefined);
    setAdapter(undefined);
    start({ kind: 'train', settings });
  };
  const busy = phase === 'running';
  const own = phase !== 'idle';
  const old = recorded.train;
  const shownLosses = own ? losses : (old?.losses ?? []);
  const about = own ? ready && { ...ready, adapter: ready.computer.adapter } : old;
  return (
    <section className={styles.panel} data-live="train">
      <TrainChoices choices={choices} settings={settings} onChange={setSettings} disabled={busy} />
      <div className={styles.bar}>
        <button type="button" className={styles.button} onClick={begin} disabled={busy}>
          {text(busy ? words.running : own ? words.trainAgain : words.train)}
        </button>
        <button type="button" className={styles.quiet} onClick={stop} disabled={!busy}>
          {text(words.stop)}
        </button>
        <output className={styles.status} aria-live="off">
          {busy && !ready && text(words.loading)}
          {phase === 'stopped' && text(words.stopped)}{' '}
          {losses.length > 0 &&
            `${text(words.step)} ${losses.length} / ${settings.steps}, ${text(words.loss)} ${losses.at(-1)!.toFixed(3)}, ${spokenTime((1000 * kept.current.seconds) / losses.length)} / ${text(words.step)}`}
        </output>
      </div>
      {shownLosses.length > 1 && (
        <div className={styles.curve}>
          <Plot
            title={text(words.loss)}
            drawing={{
              kind: 'lines',
              x: shownLosses.map((_, i) => i + 1),
              xLabel: words.step,
              yLabel: words.loss,
              series: [{ name: words.loss, y: shownLosses }],
              yRange: [0, Math.max(...shownLosses) * 1.05],
            }}
          />
        </div>
      )}
      <Samples before={own ? before : old?.before} now={own ? now : old?.after} />
      {about && (
        <p className={styles.note}>
          {text(words.adapter)}: {about.adapter}. {text(words.trained)}:{' '}
          {about.trained.toLocaleString('en')} / {about.total.toLocaleString('en')} (
          {((100 * about.trained) / about.total).toFixed(1)} %). {text(words.memory)}:{' '}
          {Object.entries(about.account)
            .map(([purpose, bytes]) => `${purpose} ${spokenBytes(bytes)}`)
            .join(', ')}
          .
        </p>
      )}
      {!own && old && <p className={styles.note}>{text(recordedNote(recorded, old.adapter))}</p>}
      {adapter && <Downloads files={adapter} />}
      {fault && <Fault fault={fault} />}
    </section>
  );
}

function Samples({ before, now }: { before?: readonly Sample[]; now?: readonly Sample[] }) {
  const text = useText();
  if (!before?.length) return null;
  const cell = (sample: Sample | undefined) =>
    sample && (
      <td className={sample.answer === sample.expected ? styles.hit : undefined}>
        {sample.answer}
      </td>
    );
  return (
    <table className={styles.samples}>
      <thead>
        <tr>
          <th scope="col">{text(words.question)}</th>
          <th scope="col">{text(words.before)}</th>
          {now && <th scope="col">{text(words.now)}</th>}
          <th scope="col">{text(words.right)}</th>
        </tr>
      </thead>
      <tbody>
        {before.map((sample, i) => (
          <tr key={sample.prompt}>
            <td>{sample.prompt.replace(/\nAnswer:$/, '')}</td>
            {cell(sample)}
            {now && cell(now[i])}
            <td>{sample.expected}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Downloads({ files }: { files: ReadonlyMap<string, Uint8Array> }) {
  const text = useText();
  const save = (name: string, bytes: Uint8Array) => {
    const url = URL.createObjectURL(new Blob([bytes as BlobPart]));
    const link = Object.assign(document.createElement('a'), { href: url, download: name });
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <div className={styles.bar}>
      {[...files].map(([name, bytes]) => (
        <button key={name} type="button" className={styles.quiet} onClick={() => save(name, bytes)}>
          {text(words.download)} {name} ({spokenBytes(bytes.length)})
        </button>
      ))}
    </div>
  );
}
