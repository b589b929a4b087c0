// Mouse, touch and keys.

class Input {
  /** @param {Store} store @param {Rows} rows @param {Plane} plane @param {Overview} overview @param {Panel} panel */
  constructor(store, rows, plane, overview, panel) {
    Object.assign(this, { store, rows, plane, overview, panel });
    /** Pointers that are down, by id. */
    this.down = new Map();
    this.drag = null;
    this.scrolled = 0;
    panel.onGo = (at) => this.follow(at);
    this.listenToPlane();
    this.listenToOverview();
    this.listenToTools();
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("scroll", () => (this.scrolled = performance.now()), { passive: true });
    window.addEventListener("hashchange", () => {
      if (location.hash.slice(1) === store.written || !store.read()) return;
      if (store.state.selected !== null) this.arrive(store.state.selected);
    });
  }

  /** Chooses the mark that an address names. The browser has gone to its row in the table, if that was named. @param {number} at */
  arrive(at) {
    this.go(at);
    if (location.hash.startsWith("#row-")) by("chart").scrollIntoView({ block: "start" });
  }

  /** Where an event is on a canvas. */
  place(event, canvas) {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  listenToPlane() {
    const { canvas } = this.plane;
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.release(event));
    canvas.addEventListener("pointerleave", () => this.hover(null));
    canvas.addEventListener("dblclick", (event) => this.store.zoom(0.5, this.plane.time(this.place(event, canvas)[0])));
    this.plane.stage.addEventListener("scroll", () => this.plane.draw(), { passive: true });
  }

  wheel(event) {
    // Whoever scrolls the page past the chart does not mean the chart.
    if (!event.ctrlKey && performance.now() - this.scrolled < 250) return;
    event.preventDefault();
    const [x] = this.place(event, this.plane.canvas);
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.store.pan((event.deltaX || event.deltaY) / this.plane.width);
      return;
    }
    const size = event.deltaMode === 1 ? 30 : event.deltaMode === 2 ? 400 : 1;
    const strength = event.ctrlKey ? 0.01 : 0.0018;
    this.store.zoom(Math.exp(clamp(-400, event.deltaY * size, 400) * strength), this.plane.time(x));
  }

  press(event) {
    if (event.button !== 0) return;
    const [x, y] = this.place(event, this.plane.canvas);
    this.down.set(event.pointerId, [x, y]);
    this.plane.canvas.setPointerCapture(event.pointerId);
    const { from, to } = this.store.state;
    const isRange = event.shiftKey || y < AXIS;
    this.drag = { x, y, from, to, scroll: this.plane.stage.scrollTop, isRange, moved: false };
    if (this.down.size === 2) this.drag = { ...this.drag, pinch: this.spread(), moved: true };
  }

  /** How far two fingers are apart, and the time between them. */
  spread() {
    const [[x1], [x2]] = [...this.down.values()];
    return { apart: Math.max(10, Math.abs(x1 - x2)), at: this.plane.time((x1 + x2) / 2), middle: (x1 + x2) / 2 };
  }

  move(event) {
    const [x, y] = this.place(event, this.plane.canvas);
    if (!this.down.has(event.pointerId)) {
      this.hover([x, y], event);
      return;
    }
    this.down.set(event.pointerId, [x, y]);
    const { drag } = this;
    if (!drag) return;
    if (drag.pinch && this.down.size === 2) {
      const now = this.spread();
      const width = ((drag.to - drag.from) * drag.pinch.apart) / now.apart;
      const start = drag.pinch.at - (now.middle / this.plane.width) * width;
      this.store.show(start, start + width);
      return;
    }
    if (Math.abs(x - drag.x) + Math.abs(y - drag.y) > 4) drag.moved = true;
    if (!drag.moved) return;
    this.hideTip();
    if (drag.isRange) {
      const times = [this.plane.time(drag.x), this.plane.time(x)].sort((a, b) => a - b);
      this.store.set({ range: times, selected: null, group: [] });
    } else {
      const by = ((drag.to - drag.from) * (drag.x - x)) / this.plane.width;
      this.plane.stage.scrollTop = drag.scroll + drag.y - y;
      this.store.show(drag.from + by, drag.to + by);
    }
  }

  release(event) {
    const { drag } = this;
    this.down.delete(event.pointerId);
    if (this.down.size) return;
    this.drag = null;
    if (!drag || drag.moved || event.type === "pointercancel") return;
    const found = this.plane.near(drag.x, drag.y, event.pointerType === "touch" ? 20 : 12);
    if (!found) {
      const row = this.rows.at(drag.y + this.plane.top);
      if (row && (row.type === "section" || row.type === "bundle") && row.key !== "pinned") this.store.toggle(row.key);
      else if (this.store.state.selected !== null || this.store.state.range) this.store.set({ selected: null, group: [], range: null });
      return;
    }
    const worst = found.marks.reduce((a, b) => (this.store.marks[b].sev > this.store.marks[a].sev ? b : a));
    this.store.select(worst, found.marks);
  }

  /** Shows what is at the cursor and, at the same time, elsewhere. */
  hover(place, event) {
    const found = place && place[1] > AXIS ? this.plane.near(...place) : null;
    const mark = found ? found.marks[0] : null;
    const cursor = place ? this.plane.time(place[0]) : null;
    this.store.set(mark === this.store.state.hover ? { cursor } : { hover: mark, cursor });
    this.plane.canvas.classList.toggle("over", Boolean(found));
    if (place && event && event.pointerType !== "touch" && place[1] > AXIS) this.tip(place, event, found);
    else this.hideTip();
  }

  tip([x], event, found) {
    const tip = by("tip");
    const { marks } = this.store;
    tip.textContent = "";
    const at = found ? marks[found.marks[0]].at : this.plane.time(x);
    element("b", `${this.panel.clock(Math.round(at))}${this.panel.sinceFirst(Math.round(at))}`, tip);
    const own = found ? found.marks : [];
    own.slice(0, 4).forEach((one) => element("p", `${marks[one].of}: ${marks[one].title}`, tip, SEVERITIES[marks[one].sev]));
    if (own.length > 4) element("p", `and ${own.length - 4} more here`, tip);
    const near = this.plane.drawn.filter((one) => one !== found && Math.abs(one.x - (found ? found.x : x)) < 14);
    const around = near.flatMap((one) => one.marks.slice(0, 2));
    if (around.length) element("p", found ? "At about this time" : "Around here", tip, "why");
    around.slice(0, 7).forEach((one) => element("p", `${this.panel.clock(marks[one].at)} ${marks[one].name} on ${marks[one].of}`, tip));
    if (around.length > 7) element("p", `and ${around.length - 7} more`, tip);
    const row = this.rows.at(this.place(event, this.plane.canvas)[1] + this.plane.top);
    if (row && row.curve) element("p", valueAt(row.curve, at), tip);
    this.plane.clocks(...this.place(event, this.plane.canvas)).forEach((what) => element("p", what, tip, "why"));
    this.plane.missing(...this.place(event, this.plane.canvas)).slice(0, 3)
      .forEach((why) => element("p", `Records are missing: ${why}`, tip, "why"));
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = event.clientX + 18 + box.width > innerWidth ? event.clientX - box.width - 14 : event.clientX + 18;
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${clamp(4, event.clientY + 16, innerHeight - box.height - 4)}px`;
  }

  hideTip() {
    by("tip").hidden = true;
  }

  listenToOverview() {
    const { canvas } = this.overview;
    let start = null;
    canvas.addEventListener("pointerdown", (event) => {
      start = this.place(event, canvas)[0];
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (start === null) return;
      this.overview.brush = [start, this.place(event, canvas)[0]].sort((a, b) => a - b);
      this.overview.draw();
    });
    canvas.addEventListener("pointerup", (event) => {
      if (start === null) return;
      const x = this.place(event, canvas)[0];
      const times = [start, x].sort((a, b) => a - b).map((one) => this.overview.time(one));
      const width = this.store.state.to - this.store.state.from;
      const isClick = Math.abs(x - start) < 5;
      [start, this.overview.brush] = [null, null];
      if (isClick) this.store.show(times[0] - width / 2, times[0] + width / 2);
      else this.store.show(...times);
    });
  }

  listenToTools() {
    const { store } = this;
    const filter = by("filter");
    by("tools").addEventListener("submit", (event) => event.preventDefault());
    filter.addEventListener("input", () => store.set({ query: filter.value }));
    filter.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" && event.key !== "Enter") return;
      event.stopPropagation();
      if (event.key === "Escape") store.set({ query: "" });
      this.plane.stage.focus();
    });
    const acts = {
      "zoom-in": () => store.zoom(0.5), "zoom-out": () => store.zoom(2), fit: () => store.fit(),
      all: () => store.show(...store.bounds), help: () => by("keys").showModal(),
      unfold: () => store.set({ folded: store.state.folded.size ? new Set() : new Set(store.usuallyFolded) }),
    };
    Object.entries(acts).forEach(([id, act]) => by(id).addEventListener("click", act));
  }

  key(event) {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || by("keys").open;
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const { store } = this;
    const acts = {
      w: () => store.zoom(0.7), s: () => store.zoom(1 / 0.7), a: () => store.pan(-0.15), d: () => store.pan(0.15),
      "+": () => store.zoom(0.7), "=": () => store.zoom(0.7), "-": () => store.zoom(1 / 0.7), z: () => store.fit(),
      j: () => this.lane(1), k: () => this.lane(-1), n: () => this.step(1), p: () => this.step(-1),
      "[": () => this.kin(store.causes, "from"), "]": () => this.kin(store.effects, "to"),
      "/": () => by("filter").focus(), "?": () => by("keys").showModal(), Escape: () => this.letGo(),
      r: () => this.rangeOfView(), i: () => !by("panel").hidden && by("panel").focus(),
      x: () => store.state.lane !== null && store.pin(store.state.lane), f: () => this.fold(),
      c: () => store.state.selected !== null && this.panel.copyRow(store.state.selected),
    };
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!Object.hasOwn(acts, name)) return;
    event.preventDefault();
    acts[name]();
  }

  /** Marks what is shown as a range, for those who have no mouse. */
  rangeOfView() {
    const { from, to } = this.store.state;
    this.store.set({ range: [from, to], selected: null, group: [] });
  }

  letGo() {
    const { selected, range, query } = this.store.state;
    if (selected !== null || range) this.store.set({ selected: null, group: [], range: null });
    else if (query) this.store.set({ query: "" });
    this.hideTip();
  }

  fold() {
    const row = this.rows.ofLane.get(this.store.state.lane);
    const sections = this.store.chart.sections;
    const number = row ? sections.findIndex((section) => section.lanes.includes(this.store.state.lane)) : -1;
    if (number >= 0) this.store.toggle(`s${number}`);
  }

  /** The next or previous signal that is shown. @param {1|-1} way */
  step(way) {
    const { store, rows } = this;
    const isShown = (at) => rows.ofLane.get(store.marks[at].lane)?.type !== "section" && store.filter.test(store.marks[at]);
    const start = store.state.selected;
    const first = store.marks.findIndex((mark) => mark.chain === 1);
    let at = start === null ? (way > 0 ? Math.max(0, first) - 1 : store.marks.length) : start;
    do at += way; while (store.marks[at] && !isShown(at));
    if (store.marks[at]) this.go(at);
  }

  /** The signal of the next or previous lane that is nearest in time. @param {1|-1} way */
  lane(way) {
    const { store, rows } = this;
    const all = rows.list.filter((row) => row.marks.length && row.type !== "section");
    if (!all.length) return;
    const here = all.findIndex((row) => row.lanes.includes(store.state.lane));
    const row = all[here < 0 ? (way > 0 ? 0 : all.length - 1) : clamp(0, here + way, all.length - 1)];
    const { selected, from, to } = store.state;
    const time = selected === null ? (from + to) / 2 : store.marks[selected].at;
    const far = (at) => Math.abs(store.marks[at].at - time);
    this.go(row.marks.reduce((a, b) => (far(b) < far(a) ? b : a)));
  }

  /** To the surest of what it came from, or led to. @param {Edge[][]} edges @param {"from"|"to"} far */
  kin(edges, far) {
    const { selected } = this.store.state;
    if (selected === null || !edges[selected].length) return;
    const sure = { mechanism: 0, known: 1, order: 2 };
    const best = [...edges[selected]].sort((a, b) => sure[a.grade] - sure[b.grade] || a[far] - b[far])[0];
    this.go(best[far]);
  }

  /** Chooses a mark and brings it into sight. @param {number} at */
  go(at) {
    this.rows.reveal(at);
    this.store.select(at);
    this.follow(at);
  }

  /** Brings a mark into sight. @param {number} at */
  follow(at) {
    const { store, rows, plane } = this;
    const mark = store.marks[at];
    const { from, to } = store.state;
    const width = to - from;
    if (mark.at < from + width * 0.04 || mark.at > to - width * 0.08) store.show(mark.at - width / 3, mark.at + (2 * width) / 3);
    const row = rows.ofLane.get(mark.lane);
    if (!row) return;
    const { stage } = plane;
    const room = stage.clientHeight - AXIS - row.height;
    if (row.top < stage.scrollTop) stage.scrollTop = row.top;
    else if (row.top > stage.scrollTop + room) stage.scrollTop = row.top - room;
  }
}
