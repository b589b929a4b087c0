// The rows of the chart from top to bottom: pinned lanes, sections, bundles, lanes, curves.

/**
 * @typedef {{type: "section"|"bundle"|"lane"|"curve", key: string, title: string, kind: string, lane: number|null,
 *   lanes: number[], marks: number[], spans?: Spans, curve: Curve|null, folded: boolean, pinned: boolean, depth: number,
 *   top: number, height: number, count: number}} Row
 */

const HEIGHTS = { section: 28, bundle: 28, lane: 28, curve: 62 };

class Rows {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** Marks by lane, in order of time. @type {number[][]} */
    this.byLane = store.chart.lanes.map(() => []);
    store.marks.forEach((mark, at) => this.byLane[mark.lane].push(at));
    /** @type {Row[]} */
    this.list = [];
    /** The row in which a lane stands now. @type {Map<number, Row>} */
    this.ofLane = new Map();
    this.height = 0;
    this.matching = 0;
    this.arrange();
  }

  /** Builds the list anew, from folds, pins and filter. */
  arrange() {
    const { chart, state, marks, filter } = this.store;
    this.list = [];
    this.ofLane = new Map();
    this.height = 0;
    const holds = state.query ? marks.map((mark) => filter.test(mark)) : null;
    this.matching = holds ? holds.filter(Boolean).length : marks.length;
    this.shown = this.byLane.map((lane) => (holds ? lane.filter((at) => holds[at]) : lane));
    const some = (lane) => this.shown[lane].length > 0;
    const pinned = [...state.pinned].filter((lane) => lane < chart.lanes.length);
    if (pinned.length) {
      this.add("section", "pinned", "Pinned", { lanes: pinned, count: pinned.length });
      pinned.forEach((lane) => this.addLane(lane, 1));
    }
    chart.sections.forEach((section, number) => {
      const lanes = section.lanes.filter((lane) => some(lane) && !state.pinned.has(lane));
      if (!lanes.length) return;
      // What a filter finds is not hidden by a fold.
      const folded = state.folded.has(`s${number}`) && !state.query;
      const row = this.add("section", `s${number}`, section.title, { lanes, folded, count: lanes.length });
      if (folded) this.gather(row); else this.addLanes(lanes);
      if (number === 0) this.addCurves(true);
    });
    this.addCurves(false);
  }

  /** @param {number[]} lanes */
  addLanes(lanes) {
    const { chart, state } = this.store;
    let open = null;
    for (const lane of lanes) {
      const bundle = chart.lanes[lane].bundle;
      if (bundle === null) {
        this.addLane(lane, 1);
      } else if (bundle !== open) {
        const all = lanes.filter((other) => chart.lanes[other].bundle === bundle);
        const { title, kind } = chart.bundles[bundle];
        const folded = state.folded.has(`b${bundle}`);
        const row = this.add("bundle", `b${bundle}`, `${title} on ${all.length}`, { lanes: all, kind, folded, depth: 1 });
        this.gather(row);
        if (!folded) all.forEach((other) => this.addLane(other, 2));
        open = bundle;
      }
    }
  }

  /** A folded row shows the marks of all its lanes. @param {Row} row */
  gather(row) {
    row.marks = row.lanes.flatMap((lane) => this.shown[lane]).sort((a, b) => a - b);
    row.lanes.forEach((lane) => this.ofLane.set(lane, row));
  }

  /** @param {number} lane @param {number} depth */
  addLane(lane, depth) {
    const { kind, ns, name } = this.store.chart.lanes[lane];
    const row = this.add("lane", `l${lane}`, ns ? `${ns}/${name}` : name, { kind, lane, lanes: [lane], depth });
    row.marks = this.shown[lane];
    row.pinned = this.store.state.pinned.has(lane);
    this.ofLane.set(lane, row);
  }

  /** Those of the cascade stand under it, the others at the end. @param {boolean} core */
  addCurves(core) {
    const { chart, state } = this.store;
    if (state.query) return;
    const curves = chart.curves.filter((curve) => curve.core === core);
    const key = core ? "curves" : "more-curves";
    if (!curves.length) return;
    const title = core ? "Metrics of the cascade" : "Other metrics";
    const folded = core ? state.folded.has(key) : !state.folded.has(key);
    this.add("section", key, title, { folded, count: curves.length });
    if (folded) return;
    curves.forEach((curve, at) => {
      this.add("curve", `${key}${at}`, curve.title, { kind: curve.of, curve, depth: 1 });
    });
  }

  /** @param {Row["type"]} type @param {string} key @param {string} title @param {Partial<Row>} more @returns {Row} */
  add(type, key, title, more) {
    const row = {
      type, key, title, kind: "", lane: null, lanes: [], marks: [], curve: null, folded: false, pinned: false, depth: 0,
      count: 0, top: this.height, height: HEIGHTS[type], ...more,
    };
    this.list.push(row);
    this.height += row.height;
    return row;
  }

  /** The row at a height. @param {number} y @returns {Row|undefined} */
  at(y) {
    const place = firstAt(this.list, y + 1, (row) => row.top) - 1;
    const row = this.list[place];
    return row && y < row.top + row.height ? row : undefined;
  }

  /** Unfolds what hides a mark. @param {number} at */
  reveal(at) {
    const { chart, marks, state } = this.store;
    const lane = marks[at].lane;
    const folded = new Set(state.folded);
    chart.sections.forEach((section, number) => section.lanes.includes(lane) && folded.delete(`s${number}`));
    const change = { folded };
    if (state.query && !this.store.filter.test(marks[at])) change.query = "";
    if (folded.size !== state.folded.size || "query" in change) this.store.set(change);
  }
}

/** Fills the names beside the chart. @param {Store} store @param {Rows} rows @param {HTMLElement} gutter */
function drawGutter(store, rows, gutter) {
  const held = document.activeElement && gutter.contains(document.activeElement)
    ? document.activeElement.dataset.key : null;
  gutter.textContent = "";
  element("div", "UTC", gutter, "corner");
  for (const row of rows.list) {
    const made = element("div", "", gutter, `row ${row.type} depth-${row.depth}`);
    made.dataset.row = row.key;
    if (row.type === "section" || row.type === "bundle") {
      const fold = button("", made, () => store.toggle(row.key), "fold-row");
      fold.dataset.key = row.key;
      const isPinned = row.key === "pinned";
      if (isPinned) fold.disabled = true; else fold.setAttribute("aria-expanded", String(!row.folded));
      element("span", isPinned ? "" : row.folded ? "▸" : "▾", fold, "sign").setAttribute("aria-hidden", "true");
      element("span", row.kind ? `${row.title} ${row.kind}` : row.title, fold, "name");
      if (row.type === "section") element("span", String(row.count), fold, "count");
    } else if (row.type === "lane") {
      const pin = button(row.pinned ? "●" : "○", made, () => store.pin(row.lane), "pin");
      pin.dataset.key = row.key;
      pin.setAttribute("aria-pressed", String(row.pinned));
      pin.setAttribute("aria-label", `Pin ${row.title}`);
      element("span", row.kind, made, "kind-of");
      const name = element("span", "", made, "name");
      name.title = `${row.kind} ${row.title}`;
      const slash = row.title.indexOf("/") + 1;
      if (slash) element("span", row.title.slice(0, slash), name, "ns");
      name.append(row.title.slice(slash));
    } else {
      element("span", row.title, made, "name").title = row.curve.record;
      element("span", row.kind, made, "kind-of").title = row.kind;
    }
  }
  if (held) gutter.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
  widen(gutter);
}

/** Gives the names the room that they need, as far as the chart can spare it. @param {HTMLElement} gutter */
function widen(gutter) {
  const sheet = gutter.parentElement;
  const left = gutter.getBoundingClientRect().left;
  const need = (row) => {
    const parts = [...row.querySelectorAll(".name, .kind-of, .count")];
    if (!parts.length) return 0;
    // Each may be cut; where parts stand one below the other they need no room beside each other.
    const cut = parts.map((one) => Math.max(0, one.scrollWidth - one.clientWidth));
    const [start, last] = [parts[0].getBoundingClientRect().left - left, parts[parts.length - 1]];
    if (row.classList.contains("curve")) return start + Math.max(...parts.map((one) => one.scrollWidth)) + 14;
    const widths = parts.reduce((sum, one) => sum + one.clientWidth + 8, 0) + cut.reduce((sum, one) => sum + one, 0);
    return start + widths + (last.className === "count" ? 20 : 10);
  };
  const wanted = [...gutter.children].reduce((most, row) => Math.max(most, need(row)), 0);
  sheet.style.setProperty("--names", `${Math.round(Math.min(sheet.clientWidth * 0.3, wanted))}px`);
}
