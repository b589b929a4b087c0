// What a signal means, where that is known from, what to ask, and what else may have led to it.

/** A paragraph in which addresses are links. Nothing is loaded until one is followed. @param {string} text */
function sourced(text, parent, kind) {
  const made = element("p", "", parent, kind);
  let from = 0;
  for (const found of text.matchAll(/https:\/\/[^\s<>"'`()]*[^\s<>"'`().,;:]/g)) {
    made.append(text.slice(from, found.index));
    const link = element("a", found[0], made);
    link.href = found[0];
    link.rel = "noreferrer noopener";
    link.target = "_blank";
    from = found.index + found[0].length;
  }
  made.append(text.slice(from));
  return made;
}

/** @param {HTMLElement} place @param {Bodies} bodies @param {Mark} mark */
function drawMeaning(place, bodies, mark) {
  const means = Object.hasOwn(bodies.means, mark.name) ? bodies.means[mark.name] : null;
  const asks = bodies.asks[mark.id] || [];
  if (means) {
    element("h3", "What it means", place);
    element("p", means.what, place);
    if (means.misleads) element("p", `It may mislead: ${means.misleads}`, place);
    sourced(`Known from: ${means.source}`, place, "why source");
  }
  if (!asks.length) return;
  element("h3", "To ask", place);
  const list = element("ul", "", place, "asks");
  asks.forEach((one) => element("li", one, list));
}

/** Causes that are not claimed, each with the record that would decide. @param {Panel} panel @param {Other[]} others */
function drawOthers(place, panel, bodies, others) {
  if (!others.length) return;
  element("h3", "Could also come from", place);
  const list = element("ul", "", place, "kin other-causes");
  for (const one of others) {
    const mark = panel.store.marks[one.from];
    const item = element("li", "", list);
    button(`${mark.name} on ${mark.of}`, item, () => panel.go(one.from), "go");
    element("div", `not claimed; ${one.grade}, ${one.lag}: ${one.why}`, item, "why");
    element("div", `What would decide: ${one.decides}`, item, "decides");
    drawSource(item, bodies, one.link);
  }
}

/** What speaks against a step, and the signal that does. @param {HTMLElement} item @param {Panel} panel @param {Edge} edge */
function drawAgainst(item, panel, edge) {
  for (const [at, why] of edge.against || []) {
    const line = element("div", `Speaks against it: ${why}`, item, "against");
    if (at === null) continue;
    const mark = panel.store.marks[at];
    line.append(" (");
    button(`${mark.name} on ${mark.of}`, line, () => panel.go(at), "go");
    line.append(")");
  }
}

/** Where a link is known from. @param {HTMLElement} item @param {Bodies} bodies @param {string} link */
function drawSource(item, bodies, link) {
  if (Object.hasOwn(bodies.links, link)) sourced(`Known from: ${bodies.links[link]}`, item, "why source");
}
