import { useState } from 'react';
import { useText } from '../text';
import Account from './Account';
import Downloads from './Downloads';
import Fault from './Fault';
import type { TrainSettings, TrainSpec } from './live';
import styles from './live.module.css';
import Plot from './Plot';
import { type Recorded, recordedNote } from './recorded';
import Samples from './Samples';
import { spokenTime } from './spoken';
import TrainBar from './TrainBar';
import TrainChoices from './TrainChoices';
import { useTraining } from './use-training';
import { words } from './words';

/** Training of the embedded model in the page: loss as it falls, answers as they come right. */
export default function Train({ spec, recorded }: { spec: TrainSpec; recorded: Recorded }) {
  const text = useText();
  const [colon, semicolon] = [text(words.colon), text(words.semicolon)];
  const { choices, ...initial } = spec;
  const [settings, setSettings] = useState<TrainSettings>(initial);
  const run = useTraining();
  const { phase, fault, ready, losses, seconds } = run;
  const busy = phase === 'running';
  // Where there is no adapter the recorded run stays.
  const own = phase !== 'idle' && (phase !== 'error' || run.ready !== undefined);
  const old = recorded.train;
  const shownLosses = own ? losses : (old?.losses ?? []);
  const about = own ? ready && { ...ready, adapter: ready.computer.adapter } : old;
  return (
    <section className={styles.panel} data-live="train">
      <TrainChoices choices={choices} settings={settings} onChange={setSettings} disabled={busy} />
      <TrainBar
        phase={phase}
        own={own}
        ready={ready !== undefined}
        begin={() => run.begin(settings)}
        stop={run.stop}
      >
        {losses.length > 0 &&
          `${text(words.step)} ${losses.length} / ${settings.steps}, ${text(words.loss)} ${losses.at(-1)!.toFixed(3)}, ${spokenTime((1000 * seconds) / losses.length)} / ${text(words.step)}`}
      </TrainBar>
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
      <Samples before={own ? run.before : old?.before} now={own ? run.after : old?.after} />
      {about && (
        <p className={styles.note}>
          {text(words.adapter)}
          {colon}
          {about.adapter}
          {semicolon}
          {text(words.trained)}
          {colon}
          {about.trained.toLocaleString('en')} / {about.total.toLocaleString('en')} (
          {((100 * about.trained) / about.total).toFixed(1)} %){semicolon}
          {text(words.memory)}
          {colon}
          <Account memory={about.memory} />
        </p>
      )}
      {!own && old && <p className={styles.note}>{text(recordedNote(recorded, old.adapter))}</p>}
      {run.adapter && <Downloads files={run.adapter} />}
      {fault && <Fault fault={fault} />}
    </section>
  );
}
