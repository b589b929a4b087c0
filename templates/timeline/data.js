// What the page holds, and how times are read.

/**
 * @typedef {{id: string, lane: number, at: number, early: number|null, late: number, until: number|null,
 *   moved?: {by: number, either: number}, sev: number,
 *   chain: number, role: string, name: string, of: string, node: string, title: string, what: string, count: number}} Mark
 * @typedef {{from: number, to: number, grade: string, lag: string, why: string, link: string,
 *   against?: [number|null, string][]}} Edge
 * @typedef {{kind: string, ns: string, name: string, bundle: number|null}} Lane
 * @typedef {{title: string, of: string, core: boolean, lane: number, record: string,
 *   bounds: {value: number, above: boolean, of: string}[], points: [number, number][]}} Curve
 * @typedef {{window: [number, number], span: [number, number]|null, day: string|null,
 *   sections: {title: string, folded: boolean, lanes: number[]}[], lanes: Lane[],
 *   bundles: {title: string, kind: string, lanes: number}[], marks: Mark[], edges: Edge[],
 *   states: {lane: number, steps: [number, number, number][]}[],
 *   gaps: {lane: number, from: number, to: number, why: string}[], curves: Curve[],
 *   set: {lane: number, at: number, by: number}[]}} Chart
 * @typedef {{place: string, text: string, before: {line: number, text: string}[],
 *   after: {line: number, text: string}[]}} PanelRecord
 * @typedef {{at: number, what: string, known: string, by: string, revision: string, record: string,
 *   template?: [string[], string[]]}} Version
 * @typedef {{from: number, grade: string, lag: string, why: string, link: string, decides: string}} Other
 * @typedef {{records: Object<string, PanelRecord[]>, versions: Object<string, Version[]>,
 *   means: Object<string, {what: string, misleads: string, source: string}>, asks: Object<string, string[]>,
 *   links: Object<string, string>, others: Object<string, Other[]>}} Bodies
 */

const SEVERITIES = ["info", "warning", "error", "fatal"];

/** @param {string} id @returns {HTMLElement} */
const by = (id) => document.getElementById(id);

/**
 * Unpacks the JSON of a script element.
 * @param {string} id
 */
async function unpack(id) {
  const bytes = Uint8Array.from(atob(by(id).textContent.trim()), (one) => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

/**
 * A new element with text in it, which stays text.
 * @param {string} name @param {string} [text] @param {Element} [parent] @param {string} [kind] its class
 */
function element(name, text, parent, kind) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (kind) made.className = kind;
  if (parent) parent.appendChild(made);
  return made;
}

/** @param {string} text @param {Element} parent @param {() => void} act @param {string} [kind] */
function button(text, parent, act, kind) {
  const made = element("button", text, parent, kind);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/**
 * `14:03:22`, with tenths or thousandths where `step` is finer than a second, with the date where there are several.
 * @param {number} at @param {number} [step] milliseconds @param {string|null} [day] the one day of the report
 */
function clock(at, step = 1000, day = null) {
  const iso = new Date(at).toISOString();
  const digits = step < 10 ? 23 : step < 1000 ? 21 : step < 60000 ? 19 : 16;
  return day === null ? iso.slice(5, digits).replace("T", " ") : iso.slice(11, digits);
}

/** A length of time in words, as `2 min 5 s`. @param {number} ms */
function length(ms) {
  const all = Math.abs(ms);
  if (all < 1000) return `${Math.round(all)} ms`;
  if (all < 10000) return `${(Math.floor(all / 100) / 10).toFixed(1).replace(".0", "")} s`;
  const seconds = Math.floor(all / 1000);
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const words = [];
  let rest = seconds;
  for (const [size, unit] of parts) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 && words.length < 2) words.push(`${count} ${unit}`);
    else if (words.length) break;
  }
  return words.join(" ");
}

/** The first place of `list`, which is in order, where `value(item)` is at least `least`. */
function firstAt(list, least, value) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value(list[middle]) < least) low = middle + 1; else high = middle;
  }
  return low;
}

/** @param {number} low @param {number} value @param {number} high */
const clamp = (low, value, high) => Math.max(low, Math.min(high, value));
