// The whole window in one strip: how many signals when, the span of the cascade, and the part that is shown.

const STRIP = 64;

class Overview {
  /** @param {Store} store @param {Rows} rows @param {HTMLCanvasElement} canvas */
  constructor(store, rows, canvas) {
    Object.assign(this, { store, rows, canvas, colours: palette(), brush: null });
  }

  x(at) {
    const [from, to] = this.store.bounds;
    return ((at - from) / (to - from)) * this.canvas.clientWidth;
  }

  time(x) {
    const [from, to] = this.store.bounds;
    return from + (clamp(0, x, this.canvas.clientWidth) / this.canvas.clientWidth) * (to - from);
  }

  draw() {
    const width = this.canvas.clientWidth;
    const paint = sized(this.canvas, width, STRIP);
    const { colours, store } = this;
    const floor = STRIP - 18;
    if (store.chart.span) {
      const [x1, x2] = store.chart.span.map((at) => this.x(at));
      paint.fillStyle = colours.severity[2];
      paint.globalAlpha = 0.16;
      paint.fillRect(x1, 0, Math.max(2, x2 - x1), floor);
      paint.globalAlpha = 1;
      paint.fillRect(x1, floor, Math.max(2, x2 - x1), 3);
    }
    this.drawBars(paint, width, floor);
    const grid = ticks(...store.bounds, width, 130);
    paint.fillStyle = colours.soft;
    paint.font = SMALL;
    for (const at of grid.at) {
      const text = clock(at, grid.step, store.chart.day);
      const x = this.x(at) - widthOf(paint, text) / 2;
      if (x > 0 && x + widthOf(paint, text) < width) paint.fillText(text, x, STRIP - 7);
    }
    paint.font = FONT;
    this.drawWindow(paint, width, floor);
    if (store.chart.span) this.drawName(paint, width, store.chart.span.map((at) => this.x(at)));
  }

  drawName(paint, width, [x1, x2]) {
    const text = "the cascade";
    paint.font = SMALL;
    const room = widthOf(paint, text) + 6;
    paint.fillStyle = this.colours.severity[2];
    paint.fillText(text, x2 + room < width ? x2 + 6 : x1 - room, 10);
    paint.font = FONT;
  }

  /** How many of each severity there are in columns of four pixels; counted anew only when rows or width change. */
  counted(width) {
    const known = this.known;
    if (known && known.shown === this.rows.shown && known.width === width) return known;
    const columns = new Map();
    let most = 1;
    this.rows.shown.forEach((lane) => lane.forEach((at) => {
      const mark = this.store.marks[at];
      const column = Math.floor(this.x(mark.at) / 4);
      const counts = columns.get(column) || [0, 0, 0, 0, 0];
      counts[mark.sev] += 1;
      counts[4] += 1;
      most = Math.max(most, counts[4]);
      columns.set(column, counts);
    }));
    this.known = { columns, most, width, shown: this.rows.shown };
    return this.known;
  }

  /** The worst stand below. */
  drawBars(paint, width, floor) {
    const { columns, most } = this.counted(width);
    const scale = (floor - 6) / Math.sqrt(most);
    for (const [column, counts] of columns) {
      let y = floor;
      const tall = Math.max(3, Math.sqrt(counts[4]) * scale);
      for (const sev of [3, 2, 1, 0]) {
        const part = (tall * counts[sev]) / counts[4];
        paint.fillStyle = this.colours.severity[sev];
        paint.fillRect(column * 4, y - part, 3, part);
        y -= part;
      }
    }
  }

  /** What is not shown is veiled. */
  drawWindow(paint, width, floor) {
    const { from, to } = this.store.state;
    const [x1, x2] = this.brush || [this.x(from), this.x(to)];
    paint.fillStyle = this.colours.band;
    paint.globalAlpha = 0.62;
    paint.fillRect(0, 0, x1, floor);
    paint.fillRect(x2, 0, width - x2, floor);
    paint.globalAlpha = 1;
    paint.strokeStyle = this.colours.accent;
    paint.lineWidth = 1.5;
    paint.strokeRect(x1 + 0.75, 0.75, Math.max(3, x2 - x1 - 1.5), floor - 1.5);
  }
}
