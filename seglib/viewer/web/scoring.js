// How good is this prediction? The counts, scores and empty-mask policy of seglib.metrics.

/** Class 1 where the probability reaches `at`; compared in 32-bit floats, as NumPy does. */
export function thresholded(probability, at) {
  const limit = Math.fround(at);
  const labels = new Uint8Array(probability.length);
  for (let i = 0; i < labels.length; i++) labels[i] = probability[i] >= limit ? 1 : 0;
  return labels;
}

/** Pixels of each true class (row) that were given each predicted class (column). */
export function confusion(truth, prediction, classes) {
  const matrix = Array.from({ length: classes }, () => new Array(classes).fill(0));
  const flat = new Uint32Array(classes * classes);
  for (let i = 0; i < truth.length; i++) flat[truth[i] * classes + prediction[i]]++;
  return matrix.map((row, t) => row.map((_, p) => flat[t * classes + p]));
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
