// What does one case look like under the present settings, and what does it score?

import { base, contour, errors, fill, heat, rgb } from "./blending.js";
import { confusion, confusionAt, countsOf, histogram, scoresOf, thresholded } from "./scoring.js";

// With one class the layers need colours of their own (Okabe & Ito 2008, like the cards).
export const LAYERS = {
  truth: { dash: 0 },
  a: { dash: 4, colour: "#56B4E9" },
  b: { dash: 2, colour: "#CC79A7" },
};
const MODEL_KEYS = ["a", "b"];
const NEUTRAL = "#8A8A8A";

/** Keeps the last value of each slot until its key changes. */
function memory() {
  const kept = {};
  return (slot, key, compute) => {
    if (kept[slot]?.key !== key) kept[slot] = { key, value: compute() };
    return kept[slot].value;
  };
}

/** A probability in 256 steps, for colours. */
function inSteps(map) {
  return map instanceof Uint8Array ? map : Uint8Array.from(map, (value) => Math.round(value * 255));
}

export function layerColour({ classes }, key) {
  if (classes.length > 2) return NEUTRAL;
  return LAYERS[key].colour ?? classes[1].colour;
}

/** Paints and scores one case; everything that has not changed is kept. */
export class Painter {
  constructor(setup, opened) {
    Object.assign(this, { setup, case: opened, remember: memory() });
  }

  /** Class indices of a prediction; a probability is cut at the threshold. */
  labels(model, threshold) {
    const { labels, probability } = this.case.predictions[model];
    if (labels) return labels;
    return this.remember(`labels ${model}`, threshold, () => thresholded(probability, threshold));
  }

  /** Of a model; where its probability came in steps, one pass serves every threshold. */
  confusion(model, threshold) {
    const { labels, probability } = this.case.predictions[model];
    if (!labels && probability instanceof Uint8Array) {
      const count = () => histogram(this.case.truth, probability);
      return confusionAt(this.remember(`histogram ${model}`, "", count), threshold);
    }
    const prediction = this.labels(model, threshold);
    const count = () => confusion(this.case.truth, prediction, this.setup.classes.length);
    return this.remember(`confusion ${model}`, prediction, count);
  }

  /** Scores of every model and of every class that is switched on. */
  scored({ hidden, threshold }) {
    if (!this.case.truth) return [];
    const { classes, models } = this.setup;
    const shown = classes.map((_, i) => i).filter((i) => i && !hidden.has(i));
    return models.flatMap((name, model) =>
      shown.map((i) => ({
        says: classes.length > 2 ? `${name}, ${classes[i].name}` : name,
        scores: scoresOf(countsOf(this.confusion(model, threshold), i)),
      })),
    );
  }

  /** For each picture, the models in it. */
  models({ layers, compare }) {
    const on = this.setup.models.map((_, i) => i).filter((i) => layers[MODEL_KEYS[i]]);
    return compare === "overlay" ? [on] : [0, 1].map((i) => on.filter((model) => model === i));
  }

  /** One or two pictures `(H, W, 4)`; `reach` is the width of an outline in image pixels. */
  pictures(state, reach) {
    const { view, style, opacity, layers, hidden, compare, window, threshold } = state;
    const outlined = style !== "fill" || view === "probability";
    const facts = [view, style, opacity, layers, [...hidden], compare, window, threshold];
    const key = JSON.stringify([facts, outlined ? reach : 0]);
    const paint = () => this.models(state).map((models) => this.picture(models, state, reach));
    return this.remember("pictures", key, paint);
  }

  picture(models, { view, style, opacity, layers, hidden, window, threshold }, reach) {
    const { truth, image, predictions } = this.case;
    const bare = this.remember("base", JSON.stringify(window), () => base(image, window));
    const pixels = bare.slice();
    if (view === "errors" && truth && models.length) {
      const shown = this.setup.classes.map((_, i) => i > 0 && !hidden.has(i));
      errors(pixels, truth, this.labels(models[0], threshold), this.case, shown, opacity);
      return pixels;
    }
    const map = view === "probability" && models.length && predictions[models[0]].probability;
    if (map) heat(pixels, inSteps(map), opacity);
    const masks = models.map((model) => [MODEL_KEYS[model], this.labels(model, threshold)]);
    if (layers.truth && truth) masks.push(["truth", truth]);
    for (const [key, labels] of masks) {
      const colours = this.colours(key, hidden);
      const filled = style === "fill" || (style === "mixed" && key !== "truth");
      if (filled && !map) fill(pixels, labels, colours, opacity);
      else contour(pixels, labels, this.case, colours, reach, LAYERS[key].dash * reach);
    }
    return pixels;
  }

  /** Colour of each class in a layer; null for the background and for what is switched off. */
  colours(key, hidden) {
    const { classes } = this.setup;
    const own = classes.length > 2 ? null : layerColour(this.setup, key);
    return classes.map(({ colour }, i) => (i && !hidden.has(i) ? rgb(own ?? colour) : null));
  }

  /** A pixel in words: its place, its grey values, its classes and probabilities. */
  describe({ x, y }, threshold) {
    const { width, height, image, truth, predictions } = this.case;
    if (x < 0 || y < 0 || x >= width || y >= height) return `${width} × ${height} px`;
    const { classes, models } = this.setup;
    const i = y * width + x;
    const values = image.values.subarray(i * image.channels, (i + 1) * image.channels);
    const grey = [...values].map((value) => Number(value.toFixed(3)));
    const says = [`x ${x}, y ${y}`, `value ${grey.join(" ")}`];
    if (truth) says.push(`truth: ${classes[truth[i]].name}`);
    models.forEach((name, model) => {
      const label = classes[this.labels(model, threshold)[i]].name;
      const map = predictions[model].probability;
      const value = map instanceof Uint8Array ? map[i] / 255 : map?.[i];
      says.push(`${name}: ${label}${map ? ` ${value.toFixed(3)}` : ""}`);
    });
    return says.join(" · ");
  }
}
