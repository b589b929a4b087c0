// Metric curves on the axis of the marks, with the thresholds of rules and the times in which alerts stood.

/** A curve, the thresholds from which on signals are seen in it, and alerts behind it. @param {Plane} plane @param {Row} row */
function drawCurve(plane, row) {
  const { paint, colours } = plane;
  const { points, bounds } = row.curve;
  const [top, bottom] = [row.top - plane.top + 8, row.top - plane.top + row.height - 8];
  const [least, most] = ends(points.map((point) => point[1]).concat(bounds.map((bound) => bound.value)));
  const y = (value) => (most === least ? (top + bottom) / 2 : bottom - ((value - least) / (most - least)) * (bottom - top));
  drawAlerts(plane, [top, bottom]);
  paint.strokeStyle = colours.accent;
  paint.lineWidth = 1.5;
  paint.beginPath();
  points.forEach(([at, value], place) => (place ? paint.lineTo(plane.x(at), y(value)) : paint.moveTo(plane.x(at), y(value))));
  paint.stroke();
  paint.font = SMALL;
  written(paint, { ...colours, ink: colours.soft }, short(most), 4, top + 1);
  if (most !== least) written(paint, { ...colours, ink: colours.soft }, short(least), 4, bottom - 1);
  bounds.forEach((bound) => drawBound(plane, bound, y(bound.value), [top, bottom]));
  paint.font = FONT;
  plane.bounds.push(...bounds.map((bound) => ({ row: row.key, y: y(bound.value), value: bound.value })));
}

/** A threshold, with the side on which it is passed. */
function drawBound(plane, bound, y, [top, bottom]) {
  const { paint, colours } = plane;
  paint.setLineDash([6, 4]);
  line(paint, colours.severity[1], [[0, y], [plane.frame, y]], 1.2);
  paint.setLineDash([]);
  const text = `${bound.of} at ${short(bound.value)} or ${bound.above ? "more" : "less"}`;
  const x = plane.frame - widthOf(paint, text) - 6;
  const beside = y - 9 > top - 4 ? y - 9 : Math.min(y + 9, bottom);
  if (x > 60) written(paint, { ...colours, ink: colours.severity[1] }, text, x, beside);
}

/** When alerts stood, each named where there is room. */
function drawAlerts(plane, [top, bottom]) {
  const { paint, colours } = plane;
  paint.font = SMALL;
  let ends = -Infinity;
  for (const mark of plane.alerts) {
    const [x1, x2] = [Math.max(0, plane.x(mark.at)), Math.min(plane.frame, plane.x(plane.store.endOf(mark)))];
    if (x2 <= x1) continue;
    const colour = colours.severity[2];
    paint.globalAlpha = 0.1;
    paint.fillStyle = colour;
    paint.fillRect(x1, top - 6, x2 - x1, bottom - top + 12);
    paint.globalAlpha = 0.7;
    line(paint, colour, [[x1, top - 6], [x1, bottom + 6]], 1);
    if (plane.x(plane.store.endOf(mark)) <= plane.frame) line(paint, colour, [[x2, top - 6], [x2, bottom + 6]], 1);
    paint.globalAlpha = 1;
    const name = mark.of.split("/").pop();
    if (x1 < ends || widthOf(paint, name) + 8 > x2 - x1) continue;
    paint.fillStyle = colour;
    paint.fillText(name, x1 + 5, top + 1);
    ends = x1 + widthOf(paint, name) + 10;
  }
  paint.font = FONT;
}

/** What a curve was at a time: its last value until then. @param {Curve} curve @param {number} at */
function valueAt(curve, at) {
  const place = firstAt(curve.points, at + 1, (point) => point[0]) - 1;
  return place < 0 ? "" : `${curve.title} of ${curve.of}: ${short(curve.points[place][1])}`;
}

/** A number in a few letters. @param {number} value */
function short(value) {
  const sizes = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
  const [size, unit] = sizes.find(([one]) => Math.abs(value) >= one * 10) || [1, ""];
  return `${Number((value / size).toPrecision(3))}${unit}`;
}
