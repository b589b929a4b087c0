// The chart on paper: as wide as a sheet, in slices that a page may break between, and light whatever the screen is.

/** Pixels of a page between narrow margins, on A4 and on Letter. */
const SHEET = 700;
/** As high may a slice be, so that little of a page stays empty before one. */
const SLICE = 124;
/** One in so many slices has the ruler again. */
const RULED = 3;

class Paper {
  /** @param {Store} store @param {Rows} rows @param {HTMLElement} place */
  constructor(store, rows, place) {
    Object.assign(this, { store, rows, place });
    /** What was opened for print alone. @type {HTMLDetailsElement[]} */
    this.opened = [];
  }

  fill() {
    document.documentElement.classList.add("print");
    this.place.hidden = false;
    this.place.textContent = "";
    this.place.style.width = `${SHEET}px`;
    element("p", statusOf(this.store, this.rows), this.place, "why");
    this.slices().forEach((rows, number) => this.draw(rows, number % RULED === 0));
    // Numbers of records mean nothing without them.
    this.opened = [by("cited")].filter((one) => one && !one.open);
    this.opened.forEach((one) => (one.open = true));
  }

  empty() {
    document.documentElement.classList.remove("print");
    this.place.hidden = true;
    this.place.textContent = "";
    this.opened.forEach((one) => (one.open = false));
  }

  /** Rows that stand together, each heading with what is under it. @returns {Row[][]} */
  slices() {
    const slices = [];
    let height = Infinity;
    for (const row of this.rows.list) {
      if (height + row.height > SLICE) {
        slices.push([]);
        height = 0;
      }
      slices[slices.length - 1].push(row);
      height += row.height;
    }
    const isHeading = (row) => row && row.type === "section" && !row.folded;
    slices.forEach((slice, at) => isHeading(slice[slice.length - 1]) && slices[at + 1]?.unshift(slice.pop()));
    return slices.filter((slice) => slice.length);
  }

  /** @param {Row[]} rows @param {boolean} isRuled */
  draw(rows, isRuled) {
    const slice = element("div", "", this.place, isRuled ? "slice" : "slice bare");
    const gutter = element("div", "", slice, "gutter");
    const canvas = element("canvas", "", slice, "plane");
    canvas.setAttribute("aria-hidden", "true");
    element("div", "UTC", gutter, "corner");
    for (const row of rows) {
      const made = element("div", "", gutter, `row ${row.type} depth-${row.depth}`);
      const parts = [["kind-of", row.kind], ["name", row.title]];
      for (const [kind, text] of row.type === "lane" ? parts : parts.reverse()) element("span", text, made, kind);
    }
    const height = rows.reduce((sum, row) => sum + row.height, AXIS);
    const plane = new Plane(this.store, this.rows, canvas, { clientHeight: height, scrollTop: rows[0].top });
    plane.sharp = 2;
    plane.draw();
  }
}
