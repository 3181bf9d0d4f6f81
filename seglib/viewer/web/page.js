// The same viewer in a page of its own: the cases stand in the page, and no kernel is asked.

import { render } from "./viewer.js";

/** Answers like the model of a Jupyter widget; a case is read from its script element. */
export class PageModel {
  constructor(state, read) {
    Object.assign(this, { state, read, listeners: new Map() });
    this.state._case = read(state.index);
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    this.state[name] = value;
    this.listeners.get(`change:${name}`)?.forEach((react) => react());
  }

  save_changes() {}

  send({ read }) {
    this.set("_case", this.read(read));
  }

  on(event, react) {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), react]);
  }

  off(event, react) {
    this.listeners.set(event, (this.listeners.get(event) ?? []).filter((other) => other !== react));
  }
}

/** Open the viewer in this page; the state stays readable as `document.seglib`. */
export function openPage() {
  const json = (id) => JSON.parse(document.getElementById(id).textContent);
  document.seglib = new PageModel(json("state"), (index) => json(`case-${index}`));
  render({ model: document.seglib, el: document.querySelector("main") });
}
