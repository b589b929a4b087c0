// What is shown, in one place; it is written to the address, so that a link brings it back.

/**
 * @typedef {{from: number, to: number, selected: number|null, group: number[], lane: number|null,
 *   range: [number, number]|null, query: string, folded: Set<string>, pinned: Set<number>, hover: number|null,
 *   cursor: number|null}} State
 */

class Store {
  /** @param {Chart} chart */
  constructor(chart) {
    this.chart = chart;
    this.marks = chart.marks;
    this.byId = new Map(chart.marks.map((mark, at) => [mark.id, at]));
    this.causes = chart.marks.map(() => []);
    this.effects = chart.marks.map(() => []);
    chart.edges.forEach((edge) => {
      this.causes[edge.to].push(edge);
      this.effects[edge.from].push(edge);
    });
    const times = chart.marks.map((mark) => mark.at);
    const pad = Math.max(1000, (chart.window[1] - chart.window[0]) * 0.01);
    this.usual = fitting(chart, times);
    const all = [...chart.window, ...ends(times)];
    /** The ends of what can be shown. */
    this.bounds = [Math.min(...all) - pad, Math.max(...all) + pad];
    this.bounds = [Math.min(this.bounds[0], this.usual[0]), Math.max(this.bounds[1], this.usual[1])];
    const folded = new Set();
    chart.sections.forEach((section, at) => section.folded && folded.add(`s${at}`));
    chart.bundles.forEach((_, at) => folded.add(`b${at}`));
    if (!chart.curves.some((curve) => curve.core)) folded.add("curves");
    this.usuallyFolded = new Set(folded);
    /** @type {State} */
    this.state = { ...this.beginning(), hover: null, cursor: null };
    this.filter = parseQuery("");
    this.listeners = [];
    this.read();
  }

  /** What a page shows whose address says nothing. */
  beginning() {
    return {
      from: this.usual[0], to: this.usual[1], selected: null, group: [], lane: null, range: null, query: "",
      folded: new Set(this.usuallyFolded), pinned: new Set(),
    };
  }

  /** When a mark ended, as far as the records tell. @param {Mark} mark */
  endOf(mark) {
    return mark.until === null ? Math.max(this.chart.window[1], mark.at) : mark.until;
  }

  /** Calls `act` with the names of what changed, whenever something did. */
  onChange(act) {
    this.listeners.push(act);
  }

  /** @param {Partial<State>} change */
  set(change) {
    const names = new Set(Object.keys(change));
    Object.assign(this.state, change);
    if (names.has("query")) this.filter = parseQuery(this.state.query);
    this.listeners.forEach((act) => act(names));
    if (!(names.size === 1 && (names.has("hover") || names.has("cursor")))) this.write();
  }

  /** Shows from `from` to `to`, within the bounds and no closer than 20 ms. */
  show(from, to) {
    const [first, last] = this.bounds;
    const width = clamp(20, to - from, last - first);
    const start = clamp(first, from, last - width);
    this.set({ from: start, to: start + width });
  }

  /** A wider or narrower view in which `at` stays where it is. */
  zoom(factor, at = (this.state.from + this.state.to) / 2) {
    const { from, to } = this.state;
    this.show(at - (at - from) * factor, at + (to - at) * factor);
  }

  /** @param {number} share of the width */
  pan(share) {
    const by = (this.state.to - this.state.from) * share;
    this.show(this.state.from + by, this.state.to + by);
  }

  fit() {
    const range = this.state.range;
    this.show(...(range || this.usual));
  }

  /** @param {number|null} selected @param {number[]} [group] those that share its place */
  select(selected, group = []) {
    this.set({ selected, group, lane: selected === null ? this.state.lane : this.marks[selected].lane, range: null });
  }

  /** @param {string} key */
  toggle(key) {
    const folded = new Set(this.state.folded);
    if (!folded.delete(key)) folded.add(key);
    this.set({ folded });
  }

  /** @param {number} lane */
  pin(lane) {
    const pinned = new Set(this.state.pinned);
    if (!pinned.delete(lane)) pinned.add(lane);
    this.set({ pinned });
  }

  /** What a mark came from and what it led to, near and far. @param {number} at @returns {Set<number>} */
  kin(at) {
    const seen = new Set([at]);
    for (const [edges, far] of [[this.causes, "from"], [this.effects, "to"]]) {
      const open = [at];
      while (open.length) {
        for (const edge of edges[open.pop()]) {
          if (!seen.has(edge[far])) {
            seen.add(edge[far]);
            open.push(edge[far]);
          }
        }
      }
    }
    return seen;
  }

  /** The address of what is shown. */
  fragment() {
    const { from, to, selected, range, query, folded, pinned } = this.state;
    const parts = new URLSearchParams();
    const span = (a, b) => `${new Date(Math.round(a)).toISOString()}_${new Date(Math.round(b)).toISOString()}`;
    if (Math.abs(from - this.usual[0]) > 1 || Math.abs(to - this.usual[1]) > 1) parts.set("at", span(from, to));
    if (selected !== null) parts.set("sel", this.marks[selected].id);
    if (range) parts.set("range", span(...range));
    if (query) parts.set("q", query);
    const turned = [...folded].filter((key) => !this.usuallyFolded.has(key))
      .concat([...this.usuallyFolded].filter((key) => !folded.has(key)));
    if (turned.length) parts.set("fold", turned.sort().join("."));
    if (pinned.size) parts.set("pin", [...pinned].sort((a, b) => a - b).join("."));
    return parts.toString();
  }

  write() {
    const fragment = this.fragment();
    if (fragment === this.written) return;
    this.written = fragment;
    clearTimeout(this.later);
    const before = location.hash;
    // Browsers bear a few changes of the address a second.
    this.later = setTimeout(() => {
      // Another address that came in between is still to be read, and is not written over.
      if (location.hash !== before || location.hash.slice(1) === fragment) return;
      const here = location.href.split("#")[0];
      history.replaceState(null, "", fragment ? `${here}#${fragment}` : here);
    }, 150);
  }

  /**
   * Shows what the address says, and what it does not speak of as it is usually: so a link that is followed in an open
   * page shows the same as in a new one. An address of a row selects its mark; one of another place on the page, as of
   * a cited record, changes nothing.
   */
  read() {
    // An address that was cut or mistyped, as `#q=100%`, still opens the page; URLSearchParams bears it.
    const hash = location.hash.slice(1);
    const row = /^row-(s\d+)$/.exec(hash);
    const parts = new URLSearchParams(row ? `sel=${row[1]}` : hash);
    if (hash && !["at", "sel", "range", "q", "fold", "pin"].some((name) => parts.has(name))) return false;
    const span = (name) => {
      const times = (parts.get(name) || "").split("_").map((one) => Date.parse(one));
      return times.length === 2 && times.every(Number.isFinite) && times[0] < times[1] ? times : null;
    };
    const change = this.beginning();
    const at = span("at");
    if (at) [change.from, change.to] = at;
    if (this.byId.has(parts.get("sel"))) {
      change.selected = this.byId.get(parts.get("sel"));
      change.lane = this.marks[change.selected].lane;
    }
    change.range = span("range");
    change.query = (parts.get("q") || "").slice(0, 500);
    for (const key of (parts.get("fold") || "").split(".")) {
      if (key && !change.folded.delete(key)) change.folded.add(key);
    }
    const lanes = (parts.get("pin") || "").split(".").filter((one) => /^\d+$/.test(one)).map(Number);
    change.pinned = new Set(lanes.filter((lane) => lane < this.chart.lanes.length));
    this.set(change);
    return true;
  }
}

/** The least and the most of a list of any length. */
function ends(list) {
  return list.length ? [list.reduce((a, b) => Math.min(a, b)), list.reduce((a, b) => Math.max(a, b))] : [];
}

/** The span of the cascade with some room; where there is none, that of all marks. */
function fitting(chart, times) {
  const [first, last] = chart.span || ends(times);
  const width = Math.max(last - first, 10000);
  return [first - width / 14, last + width / 7];
}
