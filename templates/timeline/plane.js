// The lanes: what stands in each, and what led to what.

const AXIS = 28;
/** Marks that are nearer to each other than this are one, with a count. */
const MERGE = 10;
/** So many arrows are drawn at most where nothing is chosen; more would be fog. */
const ARROWS = 400;

/** @typedef {{x: number, y: number, row: Row, marks: number[], sev: number, core: boolean}} Drawn */

class Plane {
  /** @param {Store} store @param {Rows} rows @param {HTMLCanvasElement} canvas @param {HTMLElement} stage */
  constructor(store, rows, canvas, stage) {
    Object.assign(this, { store, rows, canvas, stage });
    /** What the last frame drew. @type {Drawn[]} */
    this.drawn = [];
    this.colours = palette();
    /** Pixels of the canvas for one of the page; by itself those of the screen. @type {number|undefined} */
    this.sharp = undefined;
    /** When alerts of the cascade stood. */
    this.alerts = store.marks.filter((mark) => mark.role === "alert" && mark.chain === 1);
    this.states = new Map(store.chart.states.map((state) => [state.lane, state.steps]));
    this.gaps = new Map();
    this.set = new Map();
    store.chart.set.forEach((one) => this.set.set(one.lane, [...(this.set.get(one.lane) || []), one]));
    store.chart.gaps.forEach((gap) => this.gaps.set(gap.lane, [...(this.gaps.get(gap.lane) || []), gap]));
  }

  get width() {
    return this.canvas.clientWidth;
  }

  /** @param {number} at */
  x(at) {
    const { from, to } = this.store.state;
    return ((at - from) / (to - from)) * this.frame;
  }

  /** @param {number} x */
  time(x) {
    const { from, to } = this.store.state;
    return from + (x / this.width) * (to - from);
  }

  draw() {
    const height = this.stage.clientHeight;
    this.frame = this.width;
    const paint = sized(this.canvas, this.frame, height, this.sharp);
    this.paint = paint;
    this.top = this.stage.scrollTop - AXIS;
    this.drawn = [];
    /** Thresholds that the last frame drew. */
    this.bounds = [];
    const visible = this.visible(height);
    paint.save();
    paint.beginPath();
    paint.rect(0, AXIS, this.frame, height - AXIS);
    paint.clip();
    this.grid = ticks(this.store.state.from, this.store.state.to, this.frame);
    for (const row of visible) this.drawBack(row);
    for (const at of this.grid.at) line(paint, this.colours.line, [[this.x(at), AXIS], [this.x(at), height]], 1);
    this.drawRange(height);
    for (const row of visible) this.drawBars(row);
    this.drawArrows(visible, height);
    for (const row of visible) this.drawRow(row);
    this.drawCursor(height);
    paint.restore();
    this.drawAxis();
  }

  visible(height) {
    const { list } = this.rows;
    const first = Math.max(0, firstAt(list, this.top + AXIS, (row) => row.top + row.height));
    const last = firstAt(list, this.top + height, (row) => row.top);
    return list.slice(first, last);
  }

  /** @param {Row} row */
  y(row) {
    return row.top - this.top + row.height / 2;
  }

  drawAxis() {
    const { paint, grid } = this;
    const { day } = this.store.chart;
    paint.fillStyle = this.colours.card;
    paint.fillRect(0, 0, this.frame, AXIS);
    paint.fillStyle = this.colours.soft;
    paint.font = SMALL;
    for (const at of grid.at) {
      const text = clock(at, grid.step, day);
      const half = widthOf(paint, text) / 2;
      const x = this.x(at);
      if (x > half && x < this.frame - half) paint.fillText(text, x - half, AXIS / 2);
    }
    paint.font = FONT;
    line(paint, this.colours.line, [[0, AXIS - 0.5], [this.frame, AXIS - 0.5]], 1);
  }

  /** What stands behind the marks: readiness of pods, hatching where records are missing. @param {Row} row */
  drawBack(row) {
    const { paint, colours } = this;
    const top = row.top - this.top;
    if (row.type === "section") {
      paint.fillStyle = colours.band;
      paint.fillRect(0, top, this.frame, row.height);
    } else if (this.store.state.lane !== null && row.lane === this.store.state.lane) {
      paint.fillStyle = colours.row;
      paint.fillRect(0, top, this.frame, row.height);
    }
    for (const lane of row.type === "lane" ? row.lanes : []) {
      this.drawState(this.states.get(lane) || [], top, row.height);
      for (const gap of this.gaps.get(lane) || []) this.drawGap(gap, top, row.height);
      for (const { at } of this.set.get(lane) || []) this.drawSet(this.x(at), top, row.height);
    }
    line(paint, colours.line, [[0, top + row.height - 0.5], [this.frame, top + row.height - 0.5]], 1);
  }

  /** The share of pods that were not ready, from the top down. */
  drawState(steps, top, height) {
    steps.forEach(([at, ready, there], place) => {
      const next = place + 1 < steps.length ? steps[place + 1][0] : this.store.chart.window[1];
      const [x1, x2] = [Math.max(0, this.x(at)), Math.min(this.frame, this.x(next))];
      if (there <= 0 || ready >= there || x2 <= x1) return;
      this.paint.fillStyle = this.colours.unready;
      this.paint.fillRect(x1, top + 1, x2 - x1, ((height - 2) * (there - ready)) / there);
    });
  }

  drawGap(gap, top, height) {
    const [x1, x2] = [Math.max(0, this.x(gap.from)), Math.min(this.frame, this.x(gap.to))];
    this.paint.globalAlpha = 0.55;
    hatch(this.paint, this.colours.hatch, x1, top + 1, x2 - x1, height - 2);
    this.paint.globalAlpha = 1;
  }

  /** A clock was set: what stands before and after it does not share one. */
  drawSet(x, top, height) {
    this.paint.setLineDash([2, 2]);
    line(this.paint, this.colours.severity[3], [[x, top + 1], [x, top + height - 1]], 1.6);
    this.paint.setLineDash([]);
  }

  /** What is to be known of clocks at a place. @returns {string[]} */
  clocks(x, y) {
    const row = this.rows.at(y + this.top);
    const set = row && row.type === "lane" ? this.set.get(row.lane) || [] : [];
    const near = set.filter((one) => Math.abs(this.x(one.at) - x) < 8);
    return near.map(({ by }) => `The clock of ${row.title} was set ${by < 0 ? "back" : "forward"} by ${length(by)}`);
  }

  /** Why records are missing at a place. @returns {string[]} */
  missing(x, y) {
    const row = this.rows.at(y + this.top);
    const at = this.time(x);
    const gaps = row ? row.lanes.flatMap((lane) => this.gaps.get(lane) || []) : [];
    return [...new Set(gaps.filter((gap) => gap.from <= at && at <= gap.to).map((gap) => gap.why))];
  }

  drawRange(height) {
    const { range } = this.store.state;
    if (!range) return;
    const [x1, x2] = range.map((at) => this.x(at));
    this.paint.globalAlpha = 0.14;
    this.paint.fillStyle = this.colours.accent;
    this.paint.fillRect(x1, AXIS, x2 - x1, height);
    this.paint.globalAlpha = 1;
    for (const x of [x1, x2]) line(this.paint, this.colours.accent, [[x, AXIS], [x, height]], 1);
  }

  /** How long each went on, and how far its beginning is known. @param {Row} row */
  drawBars(row) {
    if (row.type === "curve" || row.type === "section") return;
    const { paint, store } = this;
    const y = this.y(row);
    const { from, to } = store.state;
    row.spans = row.spans || new Spans(store, row.marks);
    for (const at of row.spans.within(from, to)) {
      const mark = store.marks[at];
      const end = store.endOf(mark);
      const [x1, x2] = [Math.max(-2, this.x(mark.at)), Math.min(this.frame + 2, this.x(end))];
      if (x2 - x1 >= 2) {
        if (mark.role === "gap") hatch(paint, this.colours.hatch, x1, y - 12, x2 - x1, 24);
        paint.globalAlpha = mark.chain === 1 ? 0.6 : 0.35;
        paint.fillStyle = this.colours.severity[mark.sev];
        paint.fillRect(x1, y + 8, x2 - x1, 3);
        paint.globalAlpha = 1;
      }
      this.drawBounds(mark, y);
    }
  }

  /**
   * Between which times a mark began, where they are apart on the screen; none where it is a point.
   * @param {Mark} mark @returns {[number, number]|null}
   */
  extent(mark) {
    const either = mark.moved ? mark.moved.either : 0;
    if (mark.early !== null && mark.early <= 1000 && mark.late <= 1000 && either <= 1000) return null;
    const from = mark.early === null ? this.store.bounds[0] : mark.at - mark.early - either;
    const [x1, x2] = [Math.max(-5, this.x(from)), Math.min(this.frame + 5, this.x(mark.at + mark.late + either))];
    return x2 - x1 < 6 ? null : [x1, x2];
  }

  /** @param {Mark} mark @param {number} y */
  drawBounds(mark, y) {
    const { paint } = this;
    const colour = this.colours.severity[mark.sev];
    const extent = this.extent(mark);
    if (extent) {
      const [x1, x2] = extent;
      paint.globalAlpha = 0.16;
      paint.fillStyle = colour;
      paint.fillRect(x1, y - 4, x2 - x1, 8);
      paint.globalAlpha = 0.5;
      line(paint, colour, [[x1, y], [x2, y]], 1.2);
      if (mark.early !== null) line(paint, colour, [[x1, y - 4], [x1, y + 4]], 1.2);
      line(paint, colour, [[x2, y - 4], [x2, y + 4]], 1.2);
      paint.globalAlpha = 1;
    }
    const { hover, selected } = this.store.state;
    const isFocus = mark === this.store.marks[hover ?? selected];
    if (mark.moved) this.drawMoved([this.x(mark.at), this.x(mark.at + mark.moved.by)], y, isFocus);
  }

  /** From the time that a record bears to the time that it is taken for, as its clock was off. */
  drawMoved([x, written], y, isFocus) {
    const { paint, colours } = this;
    if (Math.abs(written - x) < 6 || Math.max(x, written) < 0 || Math.min(x, written) > this.frame) return;
    paint.globalAlpha = isFocus ? 1 : 0.25;
    paint.setLineDash([1, 3]);
    line(paint, colours.soft, [[x, y - 9], [written, y - 9]], 1.2);
    paint.setLineDash([]);
    line(paint, colours.soft, [[written, y - 12], [written, y - 6]], 1.2);
    paint.globalAlpha = 1;
  }

  drawArrows(visible, height) {
    const { store, rows } = this;
    const focus = store.state.hover ?? store.state.selected;
    this.kin = focus === null ? null : store.kin(focus);
    const edges = store.chart.edges;
    const told = new Set();
    for (const edge of edges) {
      const isKin = this.kin !== null && this.kin.has(edge.from) && this.kin.has(edge.to);
      if (!isKin && (edges.length > ARROWS || store.state.query)) continue;
      const [a, b] = [rows.ofLane.get(store.marks[edge.from].lane), rows.ofLane.get(store.marks[edge.to].lane)];
      // An arrow into a folded group would point at nothing.
      if (!a || !b || (!isKin && (a.type === "section" || b.type === "section"))) continue;
      const [x1, x2] = [this.x(store.marks[edge.from].at), this.x(store.marks[edge.to].at)];
      const [y1, y2] = [this.y(a), this.y(b)];
      if (Math.max(x1, x2) < 0 || Math.min(x1, x2) > this.frame || Math.max(y1, y2) < 0 || Math.min(y1, y2) > height) continue;
      const key = [x1, y1, x2, y2].map((one) => Math.round(one / 4)).join();
      if (told.has(key) || (a === b && Math.abs(x2 - x1) < MERGE)) continue;
      told.add(key);
      this.drawArrow([x1, y1, x2, y2], edge.grade, isKin);
    }
  }

  drawArrow([x1, y1, x2, y2], grade, isKin) {
    const { paint } = this;
    const colour = isKin ? this.colours.accent : this.colours.link;
    paint.globalAlpha = this.kin !== null && !isKin ? 0.12 : isKin ? 1 : 0.7;
    paint.setLineDash(grade === "order" ? [4, 4] : []);
    paint.strokeStyle = paint.fillStyle = colour;
    paint.lineWidth = grade === "mechanism" ? 2 : 1.2;
    paint.beginPath();
    paint.moveTo(x1, y1);
    const down = y2 > y1 ? 1 : -1;
    if (y1 === y2) paint.quadraticCurveTo((x1 + x2) / 2, y1 - 12, x2 - 7, y2 - 3);
    else paint.bezierCurveTo(x1, (y1 + y2) / 2, x2, (y1 + y2) / 2, x2, y2 - down * 8);
    paint.stroke();
    paint.setLineDash([]);
    paint.beginPath();
    if (y1 === y2) polygon(paint, [[x2 - 6, y2], [x2 - 12, y2 - 6], [x2 - 13, y2 + 1]]);
    else polygon(paint, [[x2, y2 - down * 7], [x2 - 3.4, y2 - down * 13], [x2 + 3.4, y2 - down * 13]]);
    paint.fill();
    paint.globalAlpha = 1;
  }

  /** @param {Row} row */
  drawRow(row) {
    if (row.type === "curve") return drawCurve(this, row);
    if (row.type === "section" && !row.folded) return undefined;
    const found = this.clusters(row);
    const { paint, colours, store } = this;
    let free = 0;
    found.forEach((one, place) => {
      const dim = (this.kin && !one.marks.some((at) => this.kin.has(at))) || (!this.kin && !one.core);
      paint.globalAlpha = this.kin ? (dim ? 0.25 : 1) : dim ? 0.6 : 1;
      if (row.type === "section") {
        paint.fillStyle = colours.severity[one.sev];
        paint.fillRect(one.x - 1.5, one.y - 6, 3, 12);
      } else {
        const single = one.marks.length === 1 ? store.marks[one.marks[0]] : null;
        one.extent = single && this.extent(single);
        // What is no point in time is not drawn as one.
        glyph(paint, one.x, one.y, one.sev, colours, Boolean(one.extent));
        const next = place + 1 < found.length ? found[place + 1].x - 10 : this.frame;
        free = this.drawLabel(one, [free, next]) + 10;
      }
      paint.globalAlpha = 1;
      if (one.marks.includes(store.state.selected)) this.drawChosen(one);
    });
    this.drawn.push(...found);
    return undefined;
  }

  /** The marks of a row, those that would cover each other as one. @param {Row} row @returns {Drawn[]} */
  clusters(row) {
    const { from, to } = this.store.state;
    const margin = ((to - from) / this.frame) * 12;
    const y = this.y(row);
    const found = [];
    const start = firstAt(row.marks, from - margin, (at) => this.store.marks[at].at);
    for (let place = start; place < row.marks.length; place += 1) {
      const mark = this.store.marks[row.marks[place]];
      if (mark.at > to + margin) break;
      const x = this.x(mark.at);
      const last = found[found.length - 1];
      if (last && x - last.x < MERGE) {
        last.marks.push(row.marks[place]);
        last.sev = Math.max(last.sev, mark.sev);
        last.core = last.core || mark.chain === 1;
      } else {
        found.push({ x, y, row, marks: [row.marks[place]], sev: mark.sev, core: mark.chain === 1 });
      }
    }
    return found;
  }

  /** @param {Drawn} one @param {[number, number]} room */
  drawLabel(one, room) {
    // Where room is short the cascade has it.
    const found = placed(this.paint, labelsOf(this.store.marks, one), one.x, room, !one.core);
    if (!found) return one.x;
    written(this.paint, this.colours, found.text, found.x, one.y + 0.5);
    const end = found.x + widthOf(this.paint, found.text);
    Object.assign(one, { label: found.text, labelAt: [found.x, end] });
    return Math.max(one.x, end);
  }

  drawChosen(one) {
    this.paint.strokeStyle = this.colours.accent;
    this.paint.lineWidth = 2;
    this.paint.strokeRect(one.x - 10, one.y - 10, 20, 20);
  }

  drawCursor(height) {
    const { cursor } = this.store.state;
    if (cursor === null) return;
    this.paint.globalAlpha = 0.6;
    line(this.paint, this.colours.soft, [[this.x(cursor), AXIS], [this.x(cursor), height]], 1);
    this.paint.globalAlpha = 1;
  }

  /** What was drawn nearest to a place. @returns {Drawn|null} */
  near(x, y, reach = 12) {
    let best = null;
    for (const one of this.drawn) {
      const far = Math.abs(one.x - x);
      if (Math.abs(one.y - y) <= 14 && far <= reach && (!best || far < Math.abs(best.x - x))) best = one;
    }
    return best;
  }
}
