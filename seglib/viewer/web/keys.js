// Which key does what? One table, for the keyboard and for the page of help.

export const KEYS = [
  { keys: ["ArrowRight", "j"], shown: "→ or J", says: "Next case", act: (v) => v.step(1) },
  { keys: ["ArrowLeft", "k"], shown: "← or K", says: "Previous case", act: (v) => v.step(-1) },
  { keys: ["g"], shown: "G", says: "Go to a case by its number", act: (v) => v.focusOn("jump") },
  { keys: ["l"], shown: "L", says: "List of cases on or off", act: (v) => v.list() },
  { keys: ["s"], shown: "S", says: "Sort the cases", act: (v) => v.focusOn("sort") },
  { keys: ["/"], shown: "/", says: "Filter the cases", act: (v) => v.focusOn("query") },
  { keys: ["x"], shown: "X", says: "Flag this case, or take the flag away", act: (v) => v.flag() },
  { keys: ["m"], shown: "M", says: "Show masks", act: (v) => v.view("masks") },
  { keys: ["e"], shown: "E", says: "Show errors", act: (v) => v.view("errors") },
  { keys: ["p"], shown: "P", says: "Show the probability", act: (v) => v.view("probability") },
  { keys: ["t"], shown: "T", says: "Truth on or off", act: (v) => v.layer("truth") },
  { keys: ["a"], shown: "A", says: "First prediction on or off", act: (v) => v.layer("a") },
  { keys: ["b"], shown: "B", says: "Second prediction on or off", act: (v) => v.layer("b") },
  {
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"], shown: "1 … 9", says: "A class on or off",
    act: (v, key) => v.classes(Number(key)),
  },
  { keys: ["f"], shown: "F", says: "Filled, outlined, or only the truth outlined", act: (v) => v.style() },
  { keys: ["c"], shown: "C", says: "One picture, side by side, swipe", act: (v) => v.compare() },
  { keys: ["<"], shown: "<", says: "Swipe to the left", act: (v) => v.swipeBy(-0.05) },
  { keys: [">"], shown: ">", says: "Swipe to the right", act: (v) => v.swipeBy(0.05) },
  { keys: ["["], shown: "[", says: "Lower threshold", act: (v) => v.thresholdBy(-0.01) },
  { keys: ["]"], shown: "]", says: "Higher threshold", act: (v) => v.thresholdBy(0.01) },
  { keys: [","], shown: ",", says: "Less opacity", act: (v) => v.opacityBy(-0.05) },
  { keys: ["."], shown: ".", says: "More opacity", act: (v) => v.opacityBy(0.05) },
  { keys: ["+", "="], shown: "+", says: "Zoom in", act: (v) => v.zoomBy(1.5) },
  { keys: ["-"], shown: "-", says: "Zoom out", act: (v) => v.zoomBy(1 / 1.5) },
  { keys: ["0"], shown: "0", says: "Whole image", act: (v) => v.whole() },
  { keys: ["z"], shown: "Z", says: "Actual pixels", act: (v) => v.actualPixels() },
  {
    keys: ["Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown"],
    shown: "Shift + arrows", says: "Move the image, and read the pixel in its centre",
    act: (v, key) => v.panTo(key),
  },
  { keys: ["?"], shown: "?", says: "These keys", act: (v) => v.help() },
];

/**
 * Is this a shortcut of the browser or the notebook? On many keyboards a sign such as "[" is typed
 * with AltGr, which may look like Ctrl + Alt, or with Option alone: that is none.
 */
function isShortcut(event) {
  const { key, ctrlKey, metaKey, altKey } = event;
  const typed = event.getModifierState("AltGraph") || (altKey && !ctrlKey);
  const sign = /^[^\p{L}\p{N}\s]$/u.test(key);
  return metaKey || ((ctrlKey || altKey) && !(typed && sign));
}

/** The entry for a key press, or none where the focused control needs the key itself. */
export function entryFor(event) {
  if (isShortcut(event)) return null;
  const { tagName, type } = event.target;
  const types = tagName === "SELECT" || ["number", "search", "text"].includes(type);
  const arrow = event.key.startsWith("Arrow");
  if (types || (arrow && ["range", "radio"].includes(type))) return null;
  const key = arrow && event.shiftKey ? `Shift+${event.key}` : event.key;
  const plain = key.length === 1 ? key.toLowerCase() : key;
  return KEYS.find(({ keys }) => keys.includes(plain)) ?? null;
}
