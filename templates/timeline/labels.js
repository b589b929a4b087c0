// What marks are called, and where that is written.

/** What a mark is called, in the words that fit best first: its name, with a count where it stands for several. */
function labelsOf(marks, one) {
  const all = one.marks.map((at) => marks[at]);
  const core = all.filter((mark) => mark.chain === 1);
  const told = core.length ? core : all;
  const names = [...new Set(told.map((mark) => mark.name))];
  const worst = told.reduce((a, b) => (b.sev > a.sev ? b : a));
  if (names.length > 1) return [`${worst.name} +${names.length - 1} more`, `${worst.name} +${names.length - 1}`];
  const count = told.length > 1 ? told.length : worst.count;
  return [count > 1 ? `${names[0]} ×${count}` : names[0]];
}

/**
 * The first of several texts that fits whole, behind its mark or before it; where none does, as much as fits behind it.
 * @param {string[]} texts @param {number} x where the mark stands
 * @param {[number, number]} room from the last label or mark to the next mark
 * @param {boolean} whole behind the mark, or nowhere
 * @returns {{text: string, x: number}|null}
 */
function placed(paint, texts, x, [from, to], whole) {
  for (const text of texts) {
    const width = widthOf(paint, text);
    if (x + 10 + width <= to) return { text, x: x + 10 };
    if (!whole && x - 11 - width >= from) return { text, x: x - 11 - width };
  }
  const text = whole ? "" : fitted(paint, texts[texts.length - 1], to - x - 10);
  return text ? { text, x: x + 10 } : null;
}

/** Draws a text over what lies behind it, which does not strike it out however dim the text is. */
function written(paint, colours, text, x, y) {
  const alpha = paint.globalAlpha;
  paint.globalAlpha = 0.82;
  paint.fillStyle = colours.card;
  paint.fillRect(x - 2, y - 7.5, widthOf(paint, text) + 4, 14);
  paint.globalAlpha = alpha;
  paint.fillStyle = colours.ink;
  paint.fillText(text, x, y);
}
