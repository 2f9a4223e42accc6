import { array, type HostArray, type HostArrays } from '../../contract/index.ts';

/** What `rows`, `ids` and `idLogps` are after a step. */
export function advanceReference(inputs: {
  sampled: HostArray;
  logps: HostArray;
  ends: HostArray;
  rows: HostArray;
  ids: HostArray;
  idLogps: HostArray;
}): HostArrays {
  const { sampled, logps, ends } = inputs;
  const stride = inputs.rows.shape[1]!;
  const [steps, batch] = inputs.ids.shape as [number, number];
  const rows = Int32Array.from(inputs.rows.data);
  const ids = Int32Array.from(inputs.ids.data);
  const idLogps = Float64Array.from(inputs.idLogps.data);
  for (let row = 0; row < batch; row++) {
    const place = (rows[4 * stride + row]! % steps) * batch + row;
    const active = rows[3 * stride + row]! > 0;
    const id = sampled.data[row]!;
    rows[4 * stride + row]!++;
    ids[place] = active ? id : -1;
    idLogps[place] = active ? logps.data[row]! : 0;
    if (!active) continue;
    rows[3 * stride + row] = [...ends.data].includes(id) ? 0 : rows[3 * stride + row]! - 1;
    if (rows[3 * stride + row] === 0) continue;
    rows[row] = id;
    rows[stride + row]!++;
    rows[2 * stride + row]!++;
  }
  return {
    rows: array(inputs.rows.shape, rows),
    ids: array(inputs.ids.shape, ids),
    idLogps: array(inputs.idLogps.shape, idLogps),
  };
}
