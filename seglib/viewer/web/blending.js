// What colour has each pixel? Layers are blended one over the other at the image's own
// resolution; every step rounds to whole grey values, so NumPy can repeat it exactly.

export const ERRORS = {
  tp: { says: "Found", colour: "#009E73" },
  fp: { says: "False alarm", colour: "#D55E00" },
  fn: { says: "Missed", colour: "#0072B2" },
  other: { says: "Wrong class", colour: "#CC79A7" },
};
// Five stops of matplotlib's viridis: brightness alone tells low from high.
const VIRIDIS = ["#440154", "#3B528B", "#21918C", "#5EC962", "#FDE725"];

export function rgb(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

/** Pixels `(H, W, 4)` of an image; `window` says which grey values run from black to white. */
export function base({ values, channels, height, width }, window) {
  const pixels = new Uint8ClampedArray(height * width * 4);
  const words = new Uint32Array(pixels.buffer); // red in the lowest byte: a pixel in one step
  const opaque = 0xff000000;
  const low = window ? window.centre - window.width / 2 : 0;
  const gain = window ? 255 / window.width : 1;
  const grey = new Uint8ClampedArray(1); // rounds, and keeps to 0 .. 255
  for (let i = 0, p = 0; i < values.length; i += channels, p++) {
    if (channels === 3) {
      words[p] = values[i] | (values[i + 1] << 8) | (values[i + 2] << 16) | opaque;
    } else {
      grey[0] = ((values[i] || 0) - low) * gain;
      words[p] = (grey[0] * 0x10101) | opaque;
    }
  }
  return pixels;
}

function mix(pixels, p, colour, alpha) {
  for (let c = 0; c < 3; c++) pixels[p + c] += (colour[c] - pixels[p + c]) * alpha;
}

/** Tint the pixels of each class; a class whose colour is null is not shown. */
export function fill(pixels, labels, colours, alpha) {
  for (let i = 0; i < labels.length; i++) {
    const colour = colours[labels[i]];
    if (colour) mix(pixels, i * 4, colour, alpha);
  }
}

/** Is there another class within `reach` pixels, up, down, left or right? The frame counts. */
function onBorder(labels, i, x, y, width, height, reach) {
  const label = labels[i];
  if (x < reach || y < reach || x + reach >= width || y + reach >= height) return true;
  return (
    labels[i - reach] !== label ||
    labels[i + reach] !== label ||
    labels[i - reach * width] !== label ||
    labels[i + reach * width] !== label
  );
}

/** Draw the inner border of each class; `dash` is the length of a dash, 0 for a solid line. */
export function contour(pixels, labels, { height, width }, colours, reach, dash) {
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const colour = colours[labels[i]];
      if (!colour || (dash && (Math.floor(x / dash) + Math.floor(y / dash)) % 2)) continue;
      if (onBorder(labels, i, x, y, width, height, reach)) mix(pixels, i * 4, colour, 1);
    }
  }
}

export function errorOf(truth, prediction) {
  if (truth === prediction) return truth ? "tp" : null;
  if (!truth) return "fp";
  return prediction ? "other" : "fn";
}

/** Does the pattern of this error cover the pixel? Plain, stripes, dots, counter-stripes. */
export function patterned(error, x, y, period) {
  const half = period / 2;
  if (error === "fp") return (x + y) % period < half;
  if (error === "fn") return x % period < half && y % period < half;
  if (error === "other") return (x - y + period * 65536) % period < half;
  return true;
}

/** Side of a pattern in pixels, so that it looks alike on small and on large images. */
export function patternPeriod({ height, width }) {
  return Math.max(4, 2 * Math.round(Math.min(height, width) / 60));
}

/** Tint found, invented and missed pixels, each with its own colour and its own pattern. */
export function errors(pixels, truth, prediction, shape, shown, alpha) {
  const period = patternPeriod(shape);
  const colours = Object.fromEntries(Object.entries(ERRORS).map(([k, e]) => [k, rgb(e.colour)]));
  for (let y = 0, i = 0; y < shape.height; y++) {
    for (let x = 0; x < shape.width; x++, i++) {
      const t = shown[truth[i]] ? truth[i] : 0;
      const p = shown[prediction[i]] ? prediction[i] : 0;
      if (!t && !p) continue;
      const error = errorOf(t, p);
      const strength = patterned(error, x, y, period) ? alpha : alpha * 0.4;
      mix(pixels, i * 4, colours[error], strength);
    }
  }
}

/** Colour of each of the 256 steps of a probability. */
export function ramp() {
  const stops = VIRIDIS.map(rgb);
  return Array.from({ length: 256 }, (_, level) => {
    const place = (level / 255) * (stops.length - 1);
    const stop = Math.min(Math.floor(place), stops.length - 2);
    return stops[stop].map((v, c) => Math.round(v + (stops[stop + 1][c] - v) * (place - stop)));
  });
}

/** Lay a probability, in 256 steps, over the image as a colour map. */
export function heat(pixels, steps, alpha) {
  const colours = ramp();
  for (let c = 0; c < 3; c++) {
    const mixed = new Uint8ClampedArray(256 * 256); // for each step, what becomes of each value
    for (let i = 0; i < mixed.length; i++) {
      const value = i & 255;
      mixed[i] = value + (colours[i >> 8][c] - value) * alpha;
    }
    for (let i = 0, p = c; i < steps.length; i++, p += 4) pixels[p] = mixed[(steps[i] << 8) | pixels[p]];
  }
}
