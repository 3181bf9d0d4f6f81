// How does a case arrive, and in which order do cases stand?

const TYPES = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array };

/** Plain loops here and below: megabytes pass, and a call for each byte takes seconds. */
function decoded(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

async function bytesOf(data) {
  const packed =
    typeof data === "string"
      ? decoded(data)
      : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

async function arrayOf(packed) {
  return packed && new TYPES[packed.dtype](await bytesOf(packed.data));
}

async function unpackPrediction({ labels, probability }) {
  return { labels: await arrayOf(labels), probability: await arrayOf(probability) };
}

/** A case as Python packed it, with its arrays unpacked; a probability of 8 bits counts 255ths. */
export async function unpack(packed) {
  const { height, width, channels } = packed;
  return {
    ...packed,
    image: { values: await arrayOf(packed.image), channels, height, width },
    truth: await arrayOf(packed.truth),
    predictions: await Promise.all(packed.predictions.map(unpackPrediction)),
  };
}

/** One word of a filter: `flagged`, `dice<0.5`, or a part of any name. */
function test(word, columns, flagged) {
  const compared = /^(.+?)(<|>)(-?[\d.]+)$/.exec(word);
  const column = compared && columns.findIndex(({ name }) => name.toLowerCase() === compared[1]);
  if (compared && column >= 0) {
    const [limit, sign] = [Number(compared[3]), compared[2] === "<" ? 1 : -1];
    return (row) => row[column] !== null && (limit - row[column]) * sign > 0;
  }
  if (word === "flagged") return (row) => flagged.includes(row[0]);
  return (row) => row.some((cell) => String(cell).toLowerCase().includes(word));
}

/** Undefined scores count as worst: an object that was missed has no distance. */
function badness(value, worst) {
  if (value === null) return -Infinity;
  return worst === "high" ? -value : value;
}

/** Positions of the rows that pass the filter, sorted by a column, worst first unless told. */
export function ordered({ rows, columns }, { sort, bestFirst, query }, flagged) {
  const tests = query.toLowerCase().split(/\s+/).filter(Boolean);
  const passes = tests.map((word) => test(word, columns, flagged));
  const order = rows.map((_, i) => i).filter((i) => passes.every((pass) => pass(rows[i])));
  const at = columns.findIndex(({ name }) => name === sort);
  if (at < 0) return order;
  const key = (i) => (columns[at].numeric ? badness(rows[i][at], columns[at].worst) : rows[i][at]);
  const sign = bestFirst ? -1 : 1;
  const compare = (a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : a - b);
  return order.sort(compare);
}
