import { useText } from '../text';
import type { TrainSettings, TrainSpec } from './live';
import styles from './live.module.css';
import { words } from './words';

const ranks = [1, 2, 4, 8, 16, 32];
const rates = [1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 3e-2, 1e-1, 2e-1];
const placements = ['houlsby', 'pfeiffer', 'parallel'] as const;

/** What the reader may change before training. */
export default function TrainChoices({
  choices,
  settings,
  onChange,
  disabled,
}: {
  choices: TrainSpec['choices'];
  settings: TrainSettings;
  onChange(settings: TrainSettings): void;
  disabled: boolean;
}) {
  const text = useText();
  if (!choices.length) return null;
  const list = (
    label: string,
    key: 'rank' | 'tokens' | 'bottleneck' | 'learningRate',
    values: readonly number[],
    inactive = false,
  ) => (
    <label>
      {label}
      <select
        value={settings[key]}
        disabled={disabled || inactive}
        onChange={(event) => onChange({ ...settings, [key]: Number(event.target.value) })}
      >
        {values.map((value) => (
          <option key={value}>{value}</option>
        ))}
      </select>
    </label>
  );
  return (
    <div className={styles.choices}>
      {choices.includes('method') && (
        <label>
          {text(words.method)}
          <select
            value={settings.method}
            disabled={disabled}
            onChange={(event) =>
              onChange({ ...settings, method: event.target.value as TrainSettings['method'] })
            }
          >
            <option value="lora">LoRA</option>
            <option value="full">{text(words.full)}</option>
          </select>
        </label>
      )}
      {choices.includes('placement') && (
        <label>
          {text(words.placement)}
          <select
            value={settings.method}
            disabled={disabled}
            onChange={(event) =>
              onChange({ ...settings, method: event.target.value as TrainSettings['method'] })
            }
          >
            {placements.map((name) => (
              <option key={name} value={name}>
                {text(words[name])}
              </option>
            ))}
          </select>
        </label>
      )}
      {choices.includes('tokens') && list(text(words.tokens), 'tokens', ranks)}
      {choices.includes('bottleneck') &&
        list(text(words.bottleneck), 'bottleneck', [2, 4, 8, 16, 32, 64])}
      {choices.includes('rank') &&
        list(text(words.rank), 'rank', ranks, settings.method === 'full')}
      {choices.includes('learningRate') && list(text(words.learningRate), 'learningRate', rates)}
      {choices.includes('answersOnly') && (
        <label>
          <input
            type="checkbox"
            checked={settings.answersOnly}
            disabled={disabled}
            onChange={(event) => onChange({ ...settings, answersOnly: event.target.checked })}
          />
          {text(words.answersOnly)}
        </label>
      )}
    </div>
  );
}
