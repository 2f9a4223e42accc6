import { useEffect, useId, useRef, useState } from 'react';
import { useText } from '../text';
import Fault from './Fault';
import type { FigureSpec, Settings, Slider } from './live';
import styles from './live.module.css';
import Plot from './Plot';
import type { Computed } from './protocol';
import { announce, type Recorded, recordedNote } from './recorded';
import { useJob } from './use-job';
import { words } from './words';

/** What a figure without a kernel has in place of a result. */
const arithmetic: Computed = { adapter: '', software: false, outputs: {} };

const settingsOf = (sliders: readonly Slider[]): Settings =>
  Object.fromEntries(sliders.map(({ name, value }) => [name, value]));

/** A figure that the kernel computes anew whenever a slider is moved. */
export default function Figure({ spec, recorded }: { spec: FigureSpec; recorded: Recorded }) {
  const text = useText();
  const [settings, setSettings] = useState(() => settingsOf(spec.sliders));
  const [shown, setShown] = useState<{ result: Computed; settings: Settings }>();
  const asked = useRef<Settings>(settings);
  const waiting = useRef<Settings>(undefined);
  const { phase, fault, start } = useJob((event) => {
    if (event.kind !== 'computed') return;
    setShown({ result: event.result, settings: asked.current });
    announce('figure', event.result);
  });
  const compute = (next: Settings) => {
    asked.current = next;
    waiting.current = undefined;
    if (spec.problem) return start({ kind: 'compute', problem: spec.problem(next) });
    setShown({ result: arithmetic, settings: next });
    announce('figure', arithmetic);
  };
  // While one position is computed only the newest of the others is kept.
  useEffect(() => {
    if (phase !== 'running' && waiting.current) compute(waiting.current);
  });
  const move = (name: string, value: number) => {
    const next = { ...settings, [name]: value };
    setSettings(next);
    if (phase === 'running') waiting.current = next;
    else compute(next);
  };
  const initial = spec.problem ? recorded.figure : arithmetic;
  const outputs = shown?.result.outputs ?? initial?.outputs;
  const note = !spec.problem
    ? text(words.arithmetic)
    : shown
      ? shown.result.adapter === 'float64'
        ? text(words.byReference)
        : `${text(words.byKernel)} ${shown.result.adapter}`
      : initial && text(recordedNote(recorded, initial.adapter));
  return (
    <figure className={styles.figure} data-live="figure">
      {outputs && (
        <Plot
          drawing={spec.draw(outputs, shown?.settings ?? settingsOf(spec.sliders))}
          title={text(spec.caption)}
        />
      )}
      <div className={styles.sliders}>
        {spec.sliders.map((slider) => (
          <SliderInput
            key={slider.name}
            slider={slider}
            value={settings[slider.name]!}
            onMove={(value) => move(slider.name, value)}
          />
        ))}
      </div>
      <figcaption>{text(spec.caption)}</figcaption>
      <output className={styles.note} aria-live="polite">
        {note}
      </output>
      {fault && <Fault fault={fault} />}
    </figure>
  );
}

function SliderInput({
  slider,
  value,
  onMove,
}: {
  slider: Slider;
  value: number;
  onMove(value: number): void;
}) {
  const text = useText();
  const id = useId();
  const { min, max, step, label } = slider;
  return (
    <div className={styles.slider}>
      <label htmlFor={id}>{text(label)}</label>
      <output htmlFor={id}>{Number(value.toPrecision(4))}</output>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        onChange={(event) => onMove(Number(event.target.value))}
      />
    </div>
  );
}
