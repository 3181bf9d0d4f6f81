// How good is this prediction? The counts, scores and empty-mask policy of seglib.metrics.

export const STEPS = 256; // a probability of 8 bits counts 255ths

/** The first step that reaches `at`, compared in 32-bit floats, as NumPy does; 256 if none does. */
export function firstStep(at) {
  let step = 0;
  while (step < STEPS && Math.fround(step / 255) < Math.fround(at)) step++;
  return step;
}

/** Class 1 where the probability, as 32-bit floats or in steps, reaches `at`. */
export function thresholded(probability, at) {
  const limit = probability instanceof Uint8Array ? firstStep(at) : Math.fround(at);
  const labels = new Uint8Array(probability.length);
  for (let i = 0; i < labels.length; i++) labels[i] = +(probability[i] >= limit);
  return labels;
}

/** Pixels of each true class (row) at each step: from it every threshold is scored at once. */
export function histogram(truth, steps) {
  const rows = [new Uint32Array(STEPS), new Uint32Array(STEPS)];
  for (let i = 0; i < truth.length; i++) rows[truth[i]][steps[i]]++;
  return rows;
}

/** The confusion of two classes at a threshold, as `confusion` counts it. */
export function confusionAt(rows, at) {
  const first = firstStep(at);
  const sum = (values) => values.reduce((total, pixels) => total + pixels, 0);
  return rows.map((row) => [sum(row.subarray(0, first)), sum(row.subarray(first))]);
}

/** Pixels of each true class (row) that were given each predicted class (column). */
export function confusion(truth, prediction, classes) {
  const size = classes * classes;
  const lanes = new Uint32Array(4 * size); // neighbours mostly agree: four counters do not wait
  for (let i = 0; i < truth.length; i++) {
    lanes[(i & 3) * size + truth[i] * classes + prediction[i]]++;
  }
  const total = (code) => [0, 1, 2, 3].reduce((sum, lane) => sum + lanes[lane * size + code], 0);
  const row = (t) => Array.from({ length: classes }, (_, p) => total(t * classes + p));
  return Array.from({ length: classes }, (_, t) => row(t));
}

/** True positives, false positives and false negatives of one class against all the others. */
export function countsOf(matrix, label) {
  const tp = matrix[label][label];
  const called = matrix.reduce((sum, row) => sum + row[label], 0);
  const there = matrix[label].reduce((sum, pixels) => sum + pixels, 0);
  return { tp, fp: called - tp, fn: there - tp };
}

/** Both masks empty gives 1; in every other case a zero denominator gives 0. */
function ratio(part, whole, bothEmpty) {
  if (bothEmpty) return 1;
  return whole > 0 ? part / whole : 0;
}

export function scoresOf({ tp, fp, fn }) {
  const empty = tp + fp + fn === 0;
  return {
    dice: ratio(2 * tp, 2 * tp + fp + fn, empty),
    iou: ratio(tp, tp + fp + fn, empty),
    precision: ratio(tp, tp + fp, empty),
    recall: ratio(tp, tp + fn, empty),
  };
}
