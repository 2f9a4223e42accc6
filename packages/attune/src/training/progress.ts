import type { StepReport } from '@attune/trainer';

/** The progress line of a run: where it stands, how well, how fast, how long still. */
export function progressLine(report: StepReport, started: number, from: number): string {
  const { step, totalSteps, loss, learningRate, tokens, seconds } = report;
  const perStep = (Date.now() - started) / 1000 / Math.max(1, step - from);
  const left = perStep * (totalSteps - step);
  const speed = tokens / Math.max(1e-9, seconds);
  return [
    `step ${step}/${totalSteps}`,
    `loss ${loss.toFixed(4)}`,
    `lr ${learningRate.toExponential(2)}`,
    `${speed < 10 ? speed.toFixed(1) : Math.round(speed)} tokens/s`,
    `${spokenTime(left)} left`,
  ].join(', ');
}

/** `1 h 05 min`, `3 min 20 s`, `12 s`. */
export function spokenTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const pad = (n: number) => String(n).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${whole} s`;
}
