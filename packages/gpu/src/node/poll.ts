const installed = Symbol.for('attune.calmPolling');

/** A wait shorter than this is not worth a timer: a small read-back takes 0.1 ms, a timer at least 1. */
const spinFor = 0.3;

/**
 * While work is pending Dawn asks for its next look with `setImmediate`, which spins: on a software adapter
 * it takes the core that should compute. Dawn's calls, and no others, get a timer of 1 ms once a
 * wait has lasted 0.3 ms. Dawn looks the function up on globalThis at each call, so it must stay
 * replaced; for every other caller it is the function that it was.
 */
export function calmPolling(): void {
  const world = globalThis as typeof globalThis & { [installed]?: boolean };
  if (world[installed]) return;
  world[installed] = true;
  const original = globalThis.setImmediate;
  const later = globalThis.setTimeout;
  let looking = false;
  let since = 0;
  const replacement = function setImmediate(task: () => void, ...rest: unknown[]) {
    if (rest.length || !isNativeCallback(task)) {
      return (original as (...all: unknown[]) => unknown)(task, ...rest);
    }
    // A look that finds work still pending asks for the next from within; any other call begins a wait.
    const now = performance.now();
    if (!looking) since = now;
    const look = () => {
      looking = true;
      try {
        task();
      } finally {
        looking = false;
      }
    };
    return now - since < spinFor ? original(look) : later(look, 1);
  };
  // util.promisify(setImmediate) works through a property of the function.
  Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
  globalThis.setImmediate = replacement as unknown as typeof setImmediate;
}

/** A function made by an add-on: no source, no name, but (unlike a bound or built-in one) a prototype. */
export function isNativeCallback(task: unknown): boolean {
  return (
    typeof task === 'function' &&
    task.name === '' &&
    Object.hasOwn(task, 'prototype') &&
    /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(task))
  );
}
