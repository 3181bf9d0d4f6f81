// What stands around the picture? Every control is a plain HTML element with a name.

import { ERRORS } from "./blending.js";

/** An element with attributes, listeners (`onclick`) and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function button(says, name, onclick, attributes = {}) {
  return h("button", { type: "button", "aria-label": name, title: name, onclick, ...attributes }, says);
}

function slider(name, [min, max, step], oninput) {
  const value = h("output");
  const input = h("input", {
    type: "range", min: `${min}`, max: `${max}`, step: `${step}`, "aria-label": name,
    oninput: () => oninput(Number(input.value)),
  });
  const set = (number, says) => {
    input.value = number;
    value.textContent = says;
    input.setAttribute("aria-valuetext", says);
  };
  return { box: h("label", { class: "sv-slider" }, h("span", {}, name), input, value), input, set };
}

function choice(name, options, onchange) {
  const entries = options.map(([value, says]) => h("option", { value }, says));
  const select = h("select", { "aria-label": name, onchange: () => onchange(select.value) }, ...entries);
  return { box: h("label", {}, h("span", {}, name), select), select };
}

function swatch(colour, kind) {
  return h("span", { class: `sv-swatch sv-${kind}`, style: `--colour: ${colour}`, "aria-hidden": "true" });
}

function toggle(says, colour, kind, onchange) {
  const box = h("input", { type: "checkbox", onchange: () => onchange(box.checked) });
  return { box: h("label", { class: "sv-toggle" }, box, swatch(colour, kind), says), input: box };
}

export function navigation(act) {
  const jump = h("input", {
    type: "number", min: "1", "aria-label": "Go to case number", onchange: () => act.jump(Number(jump.value)),
  });
  const total = h("span", { class: "sv-muted" });
  const name = h("strong", { class: "sv-name" });
  const flag = button("⚑ Flag", "Flag this case", () => act.flag(), { "aria-pressed": "false" });
  const list = button("☰ Cases", "Show the list of cases", () => act.list(), { "aria-pressed": "false" });
  const bar = h(
    "div", { class: "sv-bar", role: "group", "aria-label": "Cases" },
    button("◀", "Previous case", () => act.step(-1)), jump, total,
    button("▶", "Next case", () => act.step(1)), name, flag, list,
    button("?", "Show all keys", () => act.help()),
  );
  return { bar, jump, total, name, flag, list };
}

export function layerToggles(layers, act) {
  const toggles = {};
  for (const { key, name, colour } of layers) {
    toggles[key] = toggle(name, colour, `line-${key}`, (on) => act.layer(key, on));
  }
  const boxes = Object.values(toggles).map(({ box }) => box);
  return { box: h("fieldset", {}, h("legend", {}, "Layers"), ...boxes), toggles };
}

export function classToggles(classes, colours, act) {
  const toggles = classes.map(({ name }, i) =>
    i ? toggle(name, colours[i], "plain", () => act.classes(i)) : null,
  );
  const boxes = toggles.filter(Boolean).map(({ box }) => box);
  return { box: h("fieldset", {}, h("legend", {}, "Classes"), ...boxes), toggles };
}

export function errorLegend(several) {
  const shown = Object.entries(ERRORS).filter(([kind]) => several || kind !== "other");
  const entries = shown.map(([kind, { says, colour }]) =>
    h("span", { class: "sv-toggle" }, swatch(colour, kind), says),
  );
  return h("fieldset", { class: "sv-errors" }, h("legend", {}, "Errors"), ...entries);
}

export function viewChoice(act) {
  const group = `sv-${Math.random().toString(36).slice(2)}`;
  const radios = {};
  const entries = [["masks", "Masks"], ["errors", "Errors"], ["probability", "Probability"]];
  const labels = entries.map(([value, says]) => {
    radios[value] = h("input", { type: "radio", name: group, value, onchange: () => act.view(value) });
    return h("label", { class: "sv-toggle" }, radios[value], says);
  });
  return { box: h("fieldset", {}, h("legend", {}, "Show"), ...labels), radios };
}

export function sliders(act) {
  return {
    threshold: slider("Threshold", [0, 1, 0.01], (value) => act.threshold(value)),
    opacity: slider("Opacity", [0, 1, 0.05], (value) => act.opacity(value)),
    centre: slider("Window centre", [0, 1, 1], (value) => act.centre(value)),
    width: slider("Window width", [0, 1, 1], (value) => act.width(value)),
  };
}

const STYLE_NAMES = [["mixed", "truth outlined"], ["fill", "filled"], ["contour", "outlines"]];

export function choices(act) {
  return {
    style: choice("Draw", STYLE_NAMES, (value) => act.style(value)),
    compare: choice(
      "Compare", [["overlay", "one picture"], ["side", "side by side"], ["swipe", "swipe"]],
      (value) => act.compare(value),
    ),
  };
}

/** Scores of every model and class that is shown. */
export function scoreTable(rows) {
  const names = ["Dice", "IoU", "Precision", "Recall"];
  const head = h("tr", {}, h("td"), ...names.map((name) => h("th", { scope: "col" }, name)));
  const body = rows.map(({ says, scores }) => {
    const cells = Object.entries(scores).map(([name, value]) =>
      h("td", { "data-score": name, "data-value": `${value}` }, value.toFixed(3)),
    );
    return h("tr", {}, h("th", { scope: "row" }, says), ...cells);
  });
  const caption = h("caption", {}, "Scores of this case, live");
  return h("table", { class: "sv-scores" }, caption, h("thead", {}, head), h("tbody", {}, ...body));
}

export function casePanel({ columns }, act) {
  const entries = columns.slice(1).map(({ name }) => [name, name]);
  const sort = choice("Sort by", [["", "order"], ...entries], (value) => act.sort(value));
  const turn = button("⇅", "Best first", () => act.turn(), { "aria-pressed": "false" });
  const query = h("input", {
    type: "search", "aria-label": "Filter cases", placeholder: "name, dice<0.5, flagged",
    oninput: () => act.query(query.value),
  });
  const save = button("Save flags", "Save the names of flagged cases as a text file", () => act.save());
  const scroll = h("div", { class: "sv-scroll", tabindex: "0", role: "region", "aria-label": "List of cases" });
  const tools = h("div", { class: "sv-bar" }, sort.box, turn, query, save);
  return { box: h("aside", { class: "sv-cases", "aria-label": "Cases" }, tools, scroll), sort, turn, query, save, scroll };
}

function cell(value) {
  if (value === null) return "n/a";
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  return value.toFixed(3);
}

/** The list of cases, in order; a click or Enter on the name opens one. */
export function caseTable({ columns, rows }, order, { flagged, sort }, act) {
  const head = columns.map(({ name }) => {
    const sorted = name === sort ? { "aria-sort": "other" } : {};
    return h("th", { scope: "col", ...sorted }, name);
  });
  const body = order.map((i) => {
    const name = h("button", { type: "button", onclick: () => act.open(i) }, rows[i][0]);
    const mark = flagged.includes(rows[i][0]) ? h("span", { role: "img", "aria-label": "flagged" }, " ⚑") : null;
    const rest = rows[i].slice(1).map((value) => h("td", {}, cell(value)));
    return h("tr", { "data-index": `${i}` }, h("th", { scope: "row" }, name, mark), ...rest);
  });
  return h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...body));
}

/** Mark the row of the case that is open and scroll the list, not the page, to it. */
export function markRow(scroll, index) {
  for (const row of scroll.querySelectorAll("tr[aria-current]")) row.removeAttribute("aria-current");
  const row = scroll.querySelector(`tr[data-index="${index}"]`);
  if (!row) return;
  row.setAttribute("aria-current", "true");
  const above = row.offsetTop - row.offsetHeight - scroll.scrollTop;
  const below = row.offsetTop + row.offsetHeight - scroll.scrollTop - scroll.clientHeight;
  if (above < 0) scroll.scrollTop += above;
  else if (below > 0) scroll.scrollTop += below;
}

export function helpDialog(keys) {
  const rows = keys.map(({ shown, says }) =>
    h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, shown)), h("td", {}, says)),
  );
  const title = h("h2", {}, "Keys");
  const dialog = h("dialog", { class: "sv-help", "aria-label": "Keys" }, title);
  const close = button("Close", "Close", () => dialog.close());
  dialog.append(h("table", {}, h("tbody", {}, ...rows)), close);
  return dialog;
}
