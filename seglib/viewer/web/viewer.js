// A viewer of masks: what is shown, what happens on every action, and when it is drawn.
// `render` is what anywidget calls; the HTML page calls it too, with a model of its own.

import { ordered, unpack } from "./cases.js";
import { entryFor, KEYS } from "./keys.js";
import { layerColour, LAYERS, Painter } from "./painting.js";
import {
  casePanel, caseTable, choices, classToggles, errorLegend, h, helpDialog, layerToggles, markRow,
  navigation, scoreTable, sliders, viewChoice,
} from "./panel.js";
import { Stage } from "./stage.js";

const STYLES = ["mixed", "fill", "contour"];
const COMPARISONS = ["overlay", "side", "swipe"];

function following(values, value) {
  return values[(values.indexOf(value) + 1) % values.length];
}

function within(value, low = 0, high = 1) {
  return Math.min(Math.max(value, low), high);
}

function hundredths(value) {
  return Math.round(within(value) * 100) / 100;
}

class Viewer {
  constructor(model, el) {
    this.model = model;
    this.setup = model.get("_setup");
    this.state = {
      view: "masks", style: "mixed", compare: "overlay", opacity: 0.5, swipe: 0.5, window: null,
      layers: { truth: true, a: true, b: false }, hidden: new Set(),
      table: model.get("table"), sort: "", bestFirst: false, query: "",
    };
    this.wanted = model.get("index");
    this.ready = new Map(); // cases that can be shown at once
    this.frame = 0;
    this.build(el);
    this.connect();
    this.receive();
  }

  // --- what stands where ---------------------------------------------------------------------

  build(el) {
    const { classes, models } = this.setup;
    const names = { truth: "Truth", a: models[0], b: models[1] };
    const layers = Object.keys(LAYERS).filter((key) => names[key]);
    const entries = layers.map((key) => ({ key, name: names[key], colour: layerColour(this.setup, key) }));
    this.nav = navigation(this);
    this.layers = layerToggles(entries, this);
    this.legend = classToggles(classes, classes.map(({ colour }) => colour), this);
    this.errorLegend = errorLegend(classes.length > 2);
    this.views = viewChoice(this);
    this.sliders = sliders(this);
    this.choices = choices(this);
    this.cases = casePanel(this.setup, this);
    this.dialog = helpDialog(KEYS);
    this.alert = h("p", { class: "sv-alert", role: "alert", tabindex: "-1", hidden: true });
    this.status = h("p", { class: "sv-unseen", role: "status" });
    this.readout = h("p", { class: "sv-readout" });
    this.scores = h("div");
    this.canvas = h("canvas", { tabindex: "0", role: "img", "aria-label": "No case yet" });
    this.root = this.assembled();
    el.append(this.root);
    const swiped = (swipe) => this.set({ swipe });
    this.stage = new Stage(this.canvas, (point) => this.point(point), swiped);
  }

  assembled() {
    const tools = h(
      "div", { class: "sv-tools", role: "group", "aria-label": "Layers and levels" },
      this.views.box, this.layers.box, this.legend.box, this.errorLegend,
      ...Object.values(this.choices).map(({ box }) => box),
      ...Object.values(this.sliders).map(({ box }) => box),
    );
    const parts = [this.canvas, this.alert, this.readout, this.scores, tools];
    const picture = h("div", { class: "sv-picture" }, ...parts);
    const main = h("div", { class: "sv-main" }, picture, this.cases.box);
    return h(
      "section", { class: "seglib-viewer", "aria-label": this.setup.title, "data-lm-suppress-shortcuts": "true" },
      this.nav.bar, main, this.status, this.dialog,
    );
  }

  connect() {
    this.root.addEventListener("keydown", (event) => this.press(event));
    this.resized = new ResizeObserver(() => {
      this.stage.resize();
      this.schedule();
    });
    this.resized.observe(this.canvas);
    this.heard = {
      "change:_case": () => this.receive(),
      "change:index": () => this.follow(this.model.get("index")),
      "change:flagged": () => this.schedule(),
      "change:threshold": () => this.schedule(),
    };
    for (const [name, react] of Object.entries(this.heard)) this.model.on(name, react);
  }

  close() {
    this.resized.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.pause);
    for (const [name, react] of Object.entries(this.heard)) this.model.off(name, react);
  }

  // --- cases ---------------------------------------------------------------------------------

  /** Show a case: at once if it is here already, and its neighbours are asked for afterwards. */
  open(index) {
    this.wanted = index;
    if (this.model.get("index") !== index) this.send("index", index);
    if (this.ready.has(index)) this.take(this.ready.get(index));
    else this.fetch();
  }

  /** Python, or another view of this viewer, has opened a case. */
  follow(index) {
    if (index !== this.wanted) this.open(index);
  }

  /** The open case and its neighbours in the present order. */
  near() {
    const order = this.order();
    const at = order.indexOf(this.wanted);
    return [this.wanted, order[at + 1], order[at - 1]].filter((index) => index !== undefined);
  }

  /** Ask for what is missing, the open case first; one case at a time is on its way. */
  fetch() {
    const near = this.near();
    for (const index of this.ready.keys()) if (!near.includes(index)) this.ready.delete(index);
    this.root.setAttribute("aria-busy", `${!this.ready.has(this.wanted)}`);
    const missing = near.find((index) => !this.ready.has(index));
    if (missing === undefined || this.asked || missing === this.unpacking) return;
    if (this.model.get("_case").index === missing) this.receive();
    else {
      this.asked = true;
      this.model.send({ read: missing });
    }
  }

  async receive() {
    const packed = this.model.get("_case");
    this.asked = false;
    this.unpacking = packed.index;
    let ready = packed;
    try {
      if (!packed.error) ready = { painter: new Painter(this.setup, await unpack(packed)) };
    } catch (problem) {
      ready = { error: `This case could not be unpacked: ${problem.message}` };
    }
    if (packed !== this.model.get("_case")) return;
    this.unpacking = null;
    if (packed.version !== this.version) this.ready.clear(); // the cases have changed in Python
    this.version = packed.version;
    this.ready.set(packed.index, ready);
    if (packed.index === this.wanted) this.take(ready);
    this.fetch();
    this.preparing();
  }

  take({ painter = null, error = "" }) {
    const focused = this.focused();
    this.painter = painter;
    this.alert.textContent = error;
    this.alert.hidden = !error;
    this.canvas.hidden = Boolean(error);
    this.keepFocus(focused);
    if (painter) {
      this.stage.setSize(painter.case);
      this.state.window = this.windowOf(painter.case);
      this.range = painter.case.range;
    }
    this.point(null);
    this.root.dataset.case = this.name();
    this.schedule();
    this.announce();
  }

  /** What stands in the picture's place: the canvas, or the sentence why there is none. */
  front() {
    return this.canvas.hidden ? this.alert : this.canvas;
  }

  focused() {
    return this.root.getRootNode().activeElement;
  }

  /** What was hidden has lost the focus, and without it no key is heard: the picture takes it. */
  keepFocus(focused) {
    if (this.root.contains(focused) && focused.closest("[hidden]")) this.front().focus();
  }

  /** Ask for the neighbours, paint and score them when nothing has happened for a moment. */
  preparing() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => {
      this.fetch();
      for (const index of this.near()) {
        const { painter } = this.ready.get(index) ?? {};
        if (!painter || painter === this.painter) continue;
        const settings = { ...this.settings(), window: this.windowOf(painter.case) };
        painter.pictures(settings, this.reach());
        painter.scored(settings);
      }
    }, 100);
  }

  /** A window that was moved stays, as long as the next image has the same range. */
  windowOf({ window: start, range }) {
    if (!start) return null;
    const same = this.range && this.range[0] === range[0] && this.range[1] === range[1];
    return same && this.state.window ? this.state.window : { centre: start[0], width: start[1] };
  }

  name(index = this.wanted) {
    return this.setup.rows[index][0];
  }

  order() {
    const { sort, bestFirst, query } = this.state;
    return ordered(this.setup, { sort, bestFirst, query }, this.model.get("flagged"));
  }

  announce() {
    const order = this.order();
    const place = `case ${order.indexOf(this.wanted) + 1} of ${order.length}`;
    const rows = this.painter?.scored(this.settings()) ?? [];
    const scores = rows.map((row) => `${row.says} Dice ${row.scores.dice.toFixed(3)}`);
    this.status.textContent = [this.name(), place, this.alert.textContent, ...scores].join(", ");
    this.canvas.setAttribute("aria-label", `${this.name()}, ${place}. Press ? for the keys.`);
  }

  // --- actions, by mouse and by key ----------------------------------------------------------

  press(event) {
    if (this.dialog.open) return;
    if (event.key === "Escape") this.front().focus();
    const entry = entryFor(event);
    if (!entry && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation(); // the notebook has keys of its own
    entry?.act(this, event.key);
  }

  set(change) {
    Object.assign(this.state, change);
    this.schedule();
  }

  send(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
    this.schedule();
  }

  step(by) {
    const order = this.order();
    if (order.length) this.open(order[within(order.indexOf(this.wanted) + by, 0, order.length - 1)]);
  }

  jump(number) {
    const order = this.order();
    if (order.length) this.open(order[within(Math.round(number) || 1, 1, order.length) - 1]);
  }

  flag() {
    const flagged = this.model.get("flagged");
    const others = flagged.filter((name) => name !== this.name());
    this.send("flagged", others.length < flagged.length ? others : [...flagged, this.name()]);
  }

  save() {
    const text = this.model.get("flagged").map((name) => `${name}\n`).join("");
    const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    h("a", { href: url, download: "flagged.txt" }).click();
    URL.revokeObjectURL(url);
  }

  list(table = !this.state.table) {
    this.set({ table });
  }

  sort(sort) {
    this.set({ sort, bestFirst: false });
    this.jump(1);
  }

  turn() {
    this.set({ bestFirst: !this.state.bestFirst });
    this.jump(1);
  }

  query(query) {
    this.set({ query });
    const order = this.order();
    if (order.length && !order.includes(this.wanted)) this.open(order[0]);
  }

  view(view) {
    const { layers } = this.state;
    if (view !== "masks" && !layers.a && !layers.b) layers.a = true;
    this.set({ view });
  }

  layer(key, on = !this.state.layers[key]) {
    this.set({ layers: { ...this.state.layers, [key]: on } });
  }

  classes(index) {
    if (index >= this.setup.classes.length) return;
    const hidden = new Set(this.state.hidden);
    if (!hidden.delete(index)) hidden.add(index);
    this.set({ hidden });
  }

  style(style = following(STYLES, this.state.style)) {
    this.set({ style });
  }

  compare(compare) {
    if (this.setup.models.length < 2) return;
    const next = compare ?? following(COMPARISONS, this.state.compare);
    const layers = next === "overlay" ? this.state.layers : { ...this.state.layers, a: true, b: true };
    this.set({ compare: next, layers });
  }

  threshold(value) {
    this.send("threshold", hundredths(value));
  }

  thresholdBy(step) {
    this.threshold(this.model.get("threshold") + step);
  }

  opacity(value) {
    this.set({ opacity: hundredths(value) });
  }

  opacityBy(step) {
    this.opacity(this.state.opacity + step);
  }

  swipeBy(step) {
    this.set({ swipe: hundredths(this.state.swipe + step) });
  }

  centre(centre) {
    this.set({ window: { ...this.state.window, centre } });
  }

  width(width) {
    this.set({ window: { ...this.state.window, width } });
  }

  zoomBy(factor) {
    this.stage.zoom(factor);
    this.schedule();
  }

  whole() {
    this.stage.fit();
    this.schedule();
  }

  actualPixels() {
    this.stage.actualPixels();
    this.schedule();
  }

  panTo(key) {
    const step = 0.1;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    this.stage.panBy(...moves[key]);
    this.point(this.stage.camera);
  }

  help() {
    this.dialog.showModal();
  }

  focusOn(control) {
    if (control !== "jump") this.list(true);
    this.cases.box.hidden = !this.state.table;
    const target = { jump: this.nav.jump, sort: this.cases.sort.select, query: this.cases.query }[control];
    target.focus();
    target.select?.();
  }

  // --- what is drawn -------------------------------------------------------------------------

  /** The settings that Python may change too are kept in the model. */
  settings() {
    return { ...this.state, threshold: this.model.get("threshold") };
  }

  /** Width of an outline in image pixels, so that it looks alike on small and large images. */
  reach() {
    const density = window.devicePixelRatio || 1;
    return Math.max(1, Math.round((2 * density) / this.stage.scale()));
  }

  schedule() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    if (this.painter) {
      Object.assign(this.stage, { mode: this.state.compare, swipe: this.state.swipe });
      this.stage.titles = this.state.compare === "overlay" ? [] : this.setup.models;
      const pictures = this.painter.pictures(this.settings(), this.reach());
      if (pictures !== this.drawn) this.stage.show(pictures);
      this.drawn = pictures;
      this.stage.draw();
    }
    this.update();
    this.preparing();
    this.root.dispatchEvent(new Event("drawn"));
  }

  // --- what the controls say -----------------------------------------------------------------

  update() {
    const focused = this.focused();
    this.updateCases();
    this.updateTools();
    this.keepFocus(focused);
    const settings = this.settings();
    const rows = this.painter?.scored(settings) ?? [];
    this.scores.replaceChildren(...(rows.length ? [scoreTable(rows)] : []));
    this.readout.textContent = this.painter?.describe(this.pointed, settings.threshold) ?? "";
  }

  updateCases() {
    const { table, sort, bestFirst } = this.state;
    const flagged = this.model.get("flagged");
    const order = this.order();
    this.nav.jump.max = order.length;
    if (this.focused() !== this.nav.jump) this.nav.jump.value = order.indexOf(this.wanted) + 1;
    this.nav.total.textContent = `of ${order.length}`;
    this.nav.name.textContent = this.name();
    this.nav.flag.setAttribute("aria-pressed", flagged.includes(this.name()));
    this.nav.list.setAttribute("aria-pressed", table);
    this.cases.turn.setAttribute("aria-pressed", bestFirst);
    this.cases.sort.select.value = sort;
    this.cases.box.hidden = !table;
    if (table) this.updateTable(order, flagged, sort);
  }

  updateTable(order, flagged, sort) {
    const key = JSON.stringify([order, flagged, sort]);
    const { scroll } = this.cases;
    if (key !== this.tableKey) {
      const focused = scroll.contains(this.focused());
      scroll.replaceChildren(caseTable(this.setup, order, { flagged, sort }, this));
      if (focused) scroll.querySelector(`tr[data-index="${this.wanted}"] button`)?.focus();
    }
    this.tableKey = key;
    markRow(scroll, this.wanted);
  }

  updateTools() {
    const { view, style, compare, layers, hidden, opacity } = this.state;
    const { predictions = [], truth } = this.painter?.case ?? {};
    const threshold = this.model.get("threshold");
    this.views.radios[view].checked = true;
    this.views.radios.errors.disabled = !predictions.length || !truth;
    this.views.radios.probability.disabled = !predictions.some(({ probability }) => probability);
    for (const [key, { input }] of Object.entries(this.layers.toggles)) input.checked = layers[key];
    this.legend.toggles.forEach((toggle, i) => toggle && (toggle.input.checked = !hidden.has(i)));
    this.legend.box.hidden = this.setup.classes.length < 3;
    this.errorLegend.hidden = view !== "errors";
    this.choices.style.select.value = style;
    this.choices.compare.select.value = compare;
    this.choices.compare.box.hidden = this.setup.models.length < 2;
    this.sliders.opacity.set(opacity, opacity.toFixed(2));
    this.sliders.threshold.set(threshold, threshold.toFixed(2));
    this.sliders.threshold.box.hidden = !predictions.some(({ labels }) => !labels);
    this.updateWindow();
  }

  updateWindow() {
    const window = this.painter && this.state.window; // the state keeps that of the last good case
    const { centre, width } = this.sliders;
    centre.box.hidden = width.box.hidden = !window;
    if (!window) return;
    const [low, high] = this.painter.case.range;
    const step = high - low > 20 ? 1 : (high - low) / 200;
    Object.assign(centre.input, { min: low, max: high, step });
    Object.assign(width.input, { min: step, max: Math.max(high - low, window.width), step });
    centre.set(window.centre, window.centre.toPrecision(4));
    width.set(window.width, window.width.toPrecision(4));
  }

  point(point) {
    this.pointed = point ? { x: Math.floor(point.x), y: Math.floor(point.y) } : { x: -1, y: -1 };
    this.schedule();
  }
}

export function render({ model, el }) {
  const viewer = new Viewer(model, el);
  return () => viewer.close();
}

export default { render };
