import Downloads from '../live/Downloads';
import Fault from '../live/Fault';
import live from '../live/live.module.css';
import Plot from '../live/Plot';
import type { Sample } from '../live/protocol';
import { type Recorded, recordedNote } from '../live/recorded';
import { spokenTime } from '../live/spoken';
import { useTraining } from '../live/use-training';
import { words } from '../live/words';
import { useText } from '../text';
import { train } from './home.live';
import styles from './home.module.css';
import recordedJson from './home.run.json';

const recorded = recordedJson as unknown as Recorded;

/** The home page's stage: one click, a curve that falls, answers that come right. */
export default function Stage() {
  const text = useText();
  const run = useTraining();
  const { phase, fault, ready, losses, seconds } = run;
  const busy = phase === 'running';
  // Where there is no adapter the recorded run stays.
  const own = phase !== 'idle' && (phase !== 'error' || run.ready !== undefined);
  const old = recorded.train;
  const curve = own ? losses : (old?.losses ?? []);
  const before = own ? run.before : old?.before;
  const after = own ? run.after : old?.after;
  return (
    <section className={styles.stage} data-live="train" aria-labelledby="stage">
      <div className={live.bar}>
        <button
          type="button"
          className={live.button}
          onClick={() => run.begin(train)}
          disabled={busy}
        >
          {text(
            busy
              ? { en: 'Training …', zh: '训练中…' }
              : { en: 'Train one now', zh: '现在就训练一个' },
          )}
        </button>
        <button
          type="button"
          className={`${live.quiet} ${live.stop}`}
          onClick={run.stop}
          disabled={!busy}
        >
          {text(words.stop)}
        </button>
        <output className={live.status} aria-live="off">
          {busy && !ready && text(words.loading)}
          {phase === 'stopped' && text(words.stopped)}
          {losses.length > 0 &&
            ` ${losses.length} / ${train.steps} · ${spokenTime((1000 * seconds) / losses.length)} / ${text(words.step)}`}
        </output>
      </div>
      <h2 id="stage" className={styles.stageTitle}>
        {text({
          en: 'A model of 1.1 million parameters learns to answer in a word',
          zh: '一个 110 万参数的模型，学着用一个词作答',
        })}
      </h2>
      <div className={own && curve.length < 2 ? styles.waiting : undefined}>
        <Plot
          width={1040}
          title={text(words.loss)}
          drawing={{
            kind: 'lines',
            x: Array.from({ length: train.steps }, (_, i) => i + 1),
            xLabel: words.step,
            yLabel: words.loss,
            series: [{ name: words.loss, y: curve }],
            yRange: [0, Math.max(4, ...curve)],
          }}
        />
      </div>
      <ul className={styles.cards}>
        {(before ?? []).slice(0, 3).map((sample, i) => (
          <Card key={sample.prompt} before={sample} now={after?.[i]} />
        ))}
      </ul>
      <p className={live.note}>
        {own
          ? ready &&
            `${text({ en: 'Computed here, by', zh: '在本机计算：' })} ${ready.computer.adapter}${ready.computer.software ? ` (${text(words.software)})` : ''}. LoRA: ${ready.trained.toLocaleString('en')} / ${ready.total.toLocaleString('en')}.`
          : old && text(recordedNote(recorded, old.adapter))}
      </p>
      {run.adapter && <Downloads files={run.adapter} />}
      {fault && <Fault fault={fault} />}
    </section>
  );
}

function Card({ before, now }: { before: Sample; now: Sample | undefined }) {
  const text = useText();
  const [scene, question] = before.prompt.replace(/\nAnswer:$/, '').split('\nQuestion: ');
  const answer = (sample: Sample) => (
    <span className={sample.answer === sample.expected ? live.hit : undefined}>
      {sample.answer || '…'}
    </span>
  );
  return (
    <li>
      <p>{scene}</p>
      <p>
        <b>{question}</b>
      </p>
      <dl>
        <dt>{text(words.before)}</dt>
        <dd>{answer(before)}</dd>
        <dt>{text(words.now)}</dt>
        <dd>{now ? answer(now) : '…'}</dd>
      </dl>
    </li>
  );
}
