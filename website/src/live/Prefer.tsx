import { useState } from 'react';
import type { Phrase } from '../phrase';
import { useText } from '../text';
import Fault from './Fault';
import type { PreferSettings, PreferSpec } from './live';
import styles from './live.module.css';
import PreferCurves from './PreferCurves';
import { phrases } from './prefer-phrases';
import type { Sample, Tone } from './protocol';
import { type Recorded, recordedNote } from './recorded';
import { spokenTime } from './spoken';
import TrainBar from './TrainBar';
import { usePreferring } from './use-preferring';
import { words } from './words';

const rates = [1e-4, 3e-4, 6e-4, 1e-3, 2e-3];
const lengths = [16, 32, 40, 96];

/** What is trained on, where that is no pairs. */
const said: Partial<Record<PreferSettings['algorithm'], Phrase>> = {
  kto: phrases.judged,
  grpo: phrases.rewarded,
  rloo: phrases.rewarded,
};

/** Preference training in the page: curves as they grow, stories before and after. */
export default function Prefer({ spec, recorded }: { spec: PreferSpec; recorded: Recorded }) {
  const text = useText();
  const { betas, ...initial } = spec;
  const [settings, setSettings] = useState<PreferSettings>(initial);
  const run = usePreferring();
  const { phase, fault, ready, seconds } = run;
  const busy = phase === 'running';
  // Where there is no adapter the recorded run stays.
  const own = phase !== 'idle' && (phase !== 'error' || run.ready !== undefined);
  const old = recorded.prefer;
  const shown = own ? run : old;
  const done = run.curves.loss?.length ?? 0;
  const choose = (
    label: string,
    key: 'beta' | 'learningRate' | 'steps',
    list: readonly number[],
  ) => (
    <label>
      {label}
      <select
        value={settings[key]}
        disabled={busy}
        onChange={(event) => setSettings({ ...settings, [key]: Number(event.target.value) })}
      >
        {list.map((value) => (
          <option key={value}>{value}</option>
        ))}
      </select>
    </label>
  );
  return (
    <section className={styles.panel} data-live="prefer">
      <p>{text(said[spec.algorithm] ?? phrases.what)}</p>
      <div className={styles.choices}>
        {choose('β', 'beta', betas)}
        {choose(text(words.learningRate), 'learningRate', rates)}
        {choose(text(words.steps), 'steps', lengths)}
      </div>
      <TrainBar
        phase={phase}
        own={own}
        ready={ready !== undefined}
        begin={() => run.begin(settings)}
        stop={run.stop}
      >
        {done > 0 &&
          `${text(words.step)} ${done} / ${settings.steps}, ${spokenTime((1000 * seconds) / done)} / ${text(words.step)}`}
      </TrainBar>
      {shown && <PreferCurves curves={shown.curves} />}
      {shown && <Stories tone={shown.tone} />}
      {shown && <StorySamples before={shown.before} now={shown.after} />}
      {own && ready && (
        <p className={styles.note}>
          {text(words.adapter)}
          {text(words.colon)}
          {ready.computer.adapter}
          {text(words.semicolon)}
          {text(words.trained)}
          {text(words.colon)}
          {ready.trained.toLocaleString('en')} / {ready.total.toLocaleString('en')}
        </p>
      )}
      {!own && old && <p className={styles.note}>{text(recordedNote(recorded, old.adapter))}</p>}
      {fault && <Fault fault={fault} />}
    </section>
  );
}

/** How many of the sampled stories are cheerful, and what that cost. */
function Stories({ tone }: { tone: readonly Tone[] }) {
  const text = useText();
  const [before, after] = tone;
  const comma = text(phrases.comma);
  if (!before) return null;
  const share = ({ cheerful, stories }: Tone) => `${cheerful} / ${stories}`;
  return (
    <p className={styles.note}>
      {text(phrases.cheerful)}
      {text(words.colon)}
      {text(phrases.before)} {share(before)}
      {after && `${comma}${text(phrases.after)} ${share(after)}${text(words.semicolon)}`}
      {after &&
        `${text(phrases.away)}${text(words.colon)}${after.kl.toFixed(1)} ${text(phrases.nats)}`}
      {text(phrases.stop)}
      {text(phrases.few)}
    </p>
  );
}

/** Stories on the same requests; cheerful ones stand out. */
function StorySamples({ before, now }: { before: readonly Sample[]; now: readonly Sample[] }) {
  const text = useText();
  return before.map((first, i) => (
    <div key={first.prompt} className={styles.stories}>
      <p>{first.prompt}</p>
      {[first, now[i]].map(
        (sample, side) =>
          sample && (
            // biome-ignore lint/suspicious/noArrayIndexKey: before is before after
            <blockquote key={side} className={sample.good ? styles.cheerful : undefined}>
              <b>{text(side ? phrases.after : phrases.before)}</b> {sample.answer}
            </blockquote>
          ),
      )}
    </div>
  ));
}
