// Colours, shapes and letters of both canvases.

/** The colours of the page, as its style has them. */
function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["card", "ink", "soft", "line", "band", "link", "accent", "row", "hatch", "unready"];
  return { severity: SEVERITIES.map(colour), ...Object.fromEntries(names.map((name) => [name, colour(name)])) };
}

const FONT = "12px system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const SMALL = FONT.replace("12px", "11px");

/**
 * A canvas in the pixels of its screen, and what draws on it in those of the page.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height @param {number} [scale]
 */
function sized(canvas, width, height, scale = window.devicePixelRatio || 1) {
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  canvas.style.height = `${height}px`;
  const paint = canvas.getContext("2d");
  paint.setTransform(scale, 0, 0, scale, 0, 0);
  paint.clearRect(0, 0, width, height);
  paint.font = FONT;
  paint.textBaseline = "middle";
  return paint;
}

/** A mark of each severity has a shape of its own, so that colour alone tells nothing. */
function glyph(paint, x, y, severity, colours, hollow = false) {
  const shapes = [
    () => paint.arc(x, y, 4.2, 0, 7),
    () => polygon(paint, [[x, y - 5.8], [x + 6, y + 4.8], [x - 6, y + 4.8]]),
    () => polygon(paint, [[x, y - 6.4], [x + 6.4, y], [x, y + 6.4], [x - 6.4, y]]),
    () => polygon(paint, [[x - 5.6, y - 5.6], [x + 5.6, y - 5.6], [x + 5.6, y + 5.6], [x - 5.6, y + 5.6]]),
  ];
  paint.beginPath();
  shapes[severity]();
  paint.closePath();
  paint.lineWidth = 1.6;
  paint.fillStyle = severity === 0 || hollow ? colours.card : colours.severity[severity];
  paint.strokeStyle = severity === 0 || hollow ? colours.severity[severity] : colours.card;
  paint.fill();
  paint.stroke();
  if (severity === 3) {
    line(paint, colours.card, [[x - 2.6, y - 2.6], [x + 2.6, y + 2.6]]);
    line(paint, colours.card, [[x + 2.6, y - 2.6], [x - 2.6, y + 2.6]]);
  }
}

/** @param {[number, number][]} points */
function polygon(paint, points) {
  points.forEach(([x, y], place) => (place ? paint.lineTo(x, y) : paint.moveTo(x, y)));
}

function line(paint, colour, points, width = 1.4) {
  paint.beginPath();
  polygon(paint, points);
  paint.strokeStyle = colour;
  paint.lineWidth = width;
  paint.stroke();
}

/** Hatching: nothing is known here. */
function hatch(paint, colour, x, y, width, height) {
  if (width < 1) return;
  paint.save();
  paint.beginPath();
  paint.rect(x, y, width, height);
  paint.clip();
  paint.strokeStyle = colour;
  paint.lineWidth = 1;
  paint.beginPath();
  const first = Math.floor((x - height) / 7) * 7;
  for (let at = first; at < x + width; at += 7) {
    paint.moveTo(at, y + height);
    paint.lineTo(at + height, y);
  }
  paint.stroke();
  paint.restore();
}

const widths = new Map();
/** How wide a text is; each is measured once. */
function widthOf(paint, text) {
  const key = paint.font + text;
  let width = widths.get(key);
  if (width === undefined) {
    width = paint.measureText(text).width;
    if (widths.size > 20000) widths.clear();
    widths.set(key, width);
  }
  return width;
}

/** The text as far as it fits, or nothing where that would be less than a few letters. */
function fitted(paint, text, room) {
  const width = widthOf(paint, text);
  if (width <= room) return text;
  const letters = Math.floor((text.length * (room - 12)) / width);
  return letters < 7 ? "" : `${text.slice(0, letters)}…`;
}

/** Milliseconds between ticks, from which the least that gives them room is taken. */
const STEPS = [
  10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1.5e4, 3e4, 6e4, 1.2e5, 3e5, 6e5, 9e5, 1.8e6, 3.6e6, 7.2e6, 2.16e7,
  4.32e7, 8.64e7, 1.728e8, 6.048e8,
];

/** @param {number} from @param {number} to @param {number} width @param {number} [room] pixels for each */
function ticks(from, to, width, room = 104) {
  const least = ((to - from) * room) / width;
  const step = STEPS.find((one) => one >= least) || STEPS[STEPS.length - 1];
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return { step, at: found };
}
