// jax-js, TensorFlow.js and onnxruntime-web on the adapter that Attune has in this process.
import { jax } from './jax.mjs';
import { onnxruntime } from './onnxruntime.mjs';
import { tensorflow } from './tensorflow.mjs';

/** Node 20 lacks the iterator helpers that jax-js calls. */
function iteratorHelpers() {
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  const define = (name, value) => {
    if (!prototype[name])
      Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  };
  define('map', function* (f) {
    let i = 0;
    for (const x of this) yield f(x, i++);
  });
  define('filter', function* (f) {
    let i = 0;
    for (const x of this) if (f(x, i++)) yield x;
  });
  define('toArray', function () {
    return [...this];
  });
  for (const name of ['forEach', 'some', 'every', 'reduce', 'find'])
    define(name, function (...args) {
      return [...this][name](...args);
    });
}

/** @param {GPU} gpu the instance; @param {string} adapter its description, which every library must get */
export async function loadPeers(gpu, adapter) {
  iteratorHelpers();
  const devices = [];
  const bound = (target, key) => {
    const value = Reflect.get(target, key, target);
    return typeof value === 'function' ? value.bind(target) : value;
  };
  const shown = new Proxy(gpu, {
    get(target, key) {
      if (key !== 'requestAdapter') return bound(target, key);
      return async (...args) => {
        const found = await target.requestAdapter(...args);
        if (found?.info.description !== adapter)
          throw new Error(`the peers would get ${found?.info.description}, not ${adapter}`);
        return new Proxy(found, {
          get(of, name) {
            if (name !== 'requestDevice') return bound(of, name);
            return async (options) => {
              const device = await of.requestDevice(options);
              devices.push(device);
              return device;
            };
          },
        });
      };
    },
  });
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu: shown, userAgent: 'Chrome/147.0', platform: 'Linux', languages: ['en'] },
    configurable: true,
    writable: true,
  });
  globalThis.self ??= globalThis;
  return [await jax(devices), await tensorflow(), await onnxruntime()];
}
