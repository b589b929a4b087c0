// Puts the parts together, and draws what changed.

/** @param {Chart} chart */
function start(chart) {
  by("chart").hidden = false;
  const store = new Store(chart);
  const rows = new Rows(store);
  const stage = by("stage");
  const plane = new Plane(store, rows, by("plane"), stage);
  const overview = new Overview(store, rows, by("overview"));
  const panel = new Panel(store, rows, by("panel"));
  const input = new Input(store, rows, plane, overview, panel);
  let waiting = false;

  /** Draws once for all that changed since the last frame. */
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      drawAll();
    });
  };
  const drawAll = () => {
    plane.draw();
    overview.draw();
    by("status").textContent = statusOf(store, rows);
    const mark = store.marks[store.state.selected];
    const said = mark ? `${panel.clock(mark.at)} ${mark.name} on ${mark.of}: ${mark.title}` : "";
    if (by("chosen").textContent !== said) by("chosen").textContent = said;
  };
  const arrange = () => {
    rows.arrange();
    drawGutter(store, rows, by("gutter"));
    by("sheet").style.height = `${rows.height + AXIS}px`;
    stage.style.height = `${Math.min(rows.height + AXIS + 2, Math.max(340, innerHeight * 0.74))}px`;
    by("unfold").textContent = store.state.folded.size ? "Unfold all" : "Fold";
    by("unfold").setAttribute("aria-pressed", String(!store.state.folded.size));
    if (by("filter").value !== store.state.query) by("filter").value = store.state.query;
    by("filter").setAttribute("aria-invalid", String(Boolean(store.filter.wrong)));
  };
  store.onChange((names) => {
    if (["query", "folded", "pinned"].some((name) => names.has(name))) arrange();
    if (["selected", "range", "query"].some((name) => names.has(name))) panel.draw();
    later();
  });
  const recolour = () => {
    plane.colours = overview.colours = palette();
    drawLegend(chart, plane.colours);
    drawAll();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  const paper = new Paper(store, rows, by("paper"));
  window.addEventListener("beforeprint", () => {
    paper.fill();
    drawLegend(chart, palette());
  });
  window.addEventListener("afterprint", () => {
    paper.empty();
    drawLegend(chart, plane.colours);
  });
  const watch = new ResizeObserver(() => {
    widen(by("gutter"));
    later();
  });
  [stage, plane.canvas, overview.canvas].forEach((one) => watch.observe(one));
  drawLegend(chart, plane.colours);
  arrange();
  panel.draw();
  drawAll();
  if (store.state.selected !== null) input.arrive(store.state.selected);
  // For whoever looks from outside, as tests do: what is drawn where, and what is shown.
  window.timeline = Object.freeze({
    view: () => ({ ...store.state, folded: [...store.state.folded], pinned: [...store.state.pinned], bounds: store.bounds }),
    rows: () => rows.list.map(({ type, key, title, kind, folded, top, height, marks }) => ({ type, key, title, kind, folded, top, height, marks: marks.length })),
    drawn: () => plane.drawn.map(({ x, y, marks, row, label, labelAt, extent }) => ({
      x, y, row: row.key, label: label || "", labelAt: labelAt || null, extent: extent || null, ids: marks.map((at) => store.marks[at].id),
    })),
    mark: (id) => store.marks[store.byId.get(id)],
    fragment: () => store.fragment(),
    bounds: () => plane.bounds,
    frame: () => drawAll(),
    size: () => store.marks.length,
  });
}

/** What is shown, in a sentence. @param {Store} store @param {Rows} rows */
function statusOf(store, rows) {
  const { from, to, query } = store.state;
  const day = store.chart.day;
  const found = query ? `${rows.matching} of ${store.marks.length} signals match` : `${store.marks.length} signals`;
  const wrong = store.filter.wrong ? ` (${store.filter.wrong})` : "";
  return `${found}${wrong}; shown: ${clock(from, 1000, day)} to ${clock(to, 1000, day)}, ${length(to - from)}`;
}

/** What the shapes and lines mean, drawn by what draws them. @param {Chart} chart */
function drawLegend(chart, colours) {
  by("legend").textContent = "";
  const item = (text, width, draw) => {
    const made = element("li", "", by("legend"));
    const canvas = element("canvas", "", made);
    canvas.setAttribute("aria-hidden", "true");
    canvas.style.width = `${width}px`;
    draw(sized(canvas, width, 16));
    made.append(text);
  };
  [3, 2, 1, 0].forEach((sev) => item(SEVERITIES[sev], 16, (paint) => glyph(paint, 8, 8, sev, colours)));
  const arrow = (dash, width) => (paint) => {
    paint.setLineDash(dash);
    line(paint, colours.link, [[1, 8], [28, 8]], width);
  };
  item("mechanism: the records tie both", 30, arrow([], 2));
  item("known mechanism", 30, arrow([], 1.2));
  item("order in time only", 30, arrow([4, 4], 1.2));
  item("it began between", 30, (paint) => {
    paint.globalAlpha = 0.16;
    paint.fillStyle = colours.severity[1];
    paint.fillRect(2, 4, 26, 8);
    paint.globalAlpha = 1;
    line(paint, colours.soft, [[2, 8], [28, 8]]);
    line(paint, colours.soft, [[2, 4], [2, 12]]);
    line(paint, colours.soft, [[28, 4], [28, 12]]);
  });
  item("records are missing", 30, (paint) => hatch(paint, colours.hatch, 0, 1, 30, 14));
  item("share of pods not ready", 30, (paint) => {
    paint.fillStyle = colours.unready;
    paint.fillRect(0, 1, 30, 9);
  });
  if (chart.curves.some((curve) => curve.bounds.length)) {
    item("threshold of a rule", 30, (paint) => {
      paint.setLineDash([6, 4]);
      line(paint, colours.severity[1], [[1, 8], [29, 8]], 1.2);
    });
  }
  if (chart.marks.some((mark) => mark.moved)) {
    item("from the time a record bears, by a clock that was off", 30, (paint) => {
      paint.setLineDash([1, 3]);
      line(paint, colours.soft, [[2, 8], [28, 8]], 1.2);
      paint.setLineDash([]);
      line(paint, colours.soft, [[28, 4], [28, 12]], 1.2);
    });
  }
  if (chart.set.length) {
    item("a clock was set", 16, (paint) => {
      paint.setLineDash([2, 2]);
      line(paint, colours.severity[3], [[8, 1], [8, 15]], 1.6);
    });
  }
}

unpack("chart-data").then(start);
