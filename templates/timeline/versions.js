// Versions of an object and what differs between any two of them: fields first, then the whole text.

/** @param {Panel} panel @param {HTMLElement} place @param {Mark} mark @param {Version[]} versions */
function drawVersions(panel, place, mark, versions) {
  if (!versions.length) return;
  element("h3", `Versions of ${mark.of}`, place);
  const list = element("ol", "", place, "versions");
  for (const one of versions) {
    const item = element("li", "", list, one.at <= mark.at ? "" : "later");
    element("b", panel.clock(one.at), item);
    const more = [one.by && `by ${one.by}`, one.revision, one.known && `known: ${one.known}`].filter(Boolean).join(", ");
    if (more) element("span", ` ${more}`, item, "why");
    const what = element("ul", "", item, "fields");
    for (const text of fieldsOf(one)) {
      const [, field, before, after] = CHANGED.exec(text) || [];
      if (field) drawField(element("li", "", what), field, before, after);
      else element("li", text, what);
    }
    if (one.record) element("code", one.record, item);
  }
  if (versions.length > 1 || versions.some((one) => one.template)) compareVersions(panel, place, versions);
}

/** What became of an object between any two of its versions. @param {Panel} panel @param {HTMLElement} place @param {Version[]} versions */
function compareVersions(panel, place, versions) {
  const row = element("p", "Changed from ", place, "between");
  const choice = (name, at) => {
    const made = element("select", "", row);
    made.setAttribute("aria-label", name);
    versions.forEach((one, number) => (element("option", panel.clock(one.at), made).value = String(number)));
    made.value = String(at);
    made.addEventListener("change", () => fill());
    return made;
  };
  const from = choice("From version", 0);
  row.append(" to ");
  const to = choice("To version", versions.length - 1);
  const list = element("ul", "", place, "fields compared");
  const whole = element("div", "", place);
  const fill = () => {
    list.textContent = "";
    const [first, last] = [Number(from.value), Number(to.value)].sort((a, b) => a - b);
    const fields = netOf(versions.slice(first + 1, last + 1).flatMap(fieldsOf));
    if (!fields.length) element("li", "nothing that is recorded", list);
    for (const { field, before, after, text } of fields) {
      const item = element("li", "", list);
      if (text) item.append(text);
      else drawField(item, field, before, after);
    }
    drawText(whole, textAt(versions, first), textAt(versions, last));
  };
  fill();
}

/**
 * The template of an object at one of its versions, a line for each field; none where no record has it.
 * @param {Version[]} versions @param {number} at
 */
function textAt(versions, at) {
  // A version without a template left it as it was.
  const until = versions.slice(0, at + 1).reverse().find((one) => one.template);
  if (until) return until.template[1];
  const later = versions.slice(at + 1).find((one) => one.template);
  return later ? later.template[0] : null;
}

/** Both texts as one, in order of their fields. @param {HTMLElement} place @param {string[]|null} before @param {string[]|null} after */
function drawText(place, before, after) {
  const wasOpen = Boolean(place.querySelector("details")?.open);
  place.textContent = "";
  if (!before || !after) return;
  const [old, now] = [new Set(before), new Set(after)];
  const rows = before.filter((text) => !now.has(text)).map((text) => ["del", text])
    .concat(after.map((text) => [old.has(text) ? "same" : "ins", text]));
  const field = ([, text]) => text.split(": ")[0];
  const order = ["del", "ins", "same"];
  rows.sort((a, b) => (field(a) < field(b) ? -1 : field(a) > field(b) ? 1 : order.indexOf(a[0]) - order.indexOf(b[0])));
  const changed = rows.filter(([kind]) => kind !== "same").length;
  const whole = element("details", "", place, "whole");
  whole.open = wasOpen;
  element("summary", `The whole pod template: ${now.size} lines, ${changed ? `${changed} of before and after differ` : "none differs"}`, whole);
  const list = element("ol", "", whole, "text");
  for (const [kind, text] of rows) {
    const item = element("li", kind === "del" ? "− " : kind === "ins" ? "+ " : "  ", list, kind);
    element(kind === "same" ? "code" : kind, text, item);
  }
}

/** The fields that a version changed, each from what to what. @param {Version} version */
const fieldsOf = (version) => version.what.split("; ").filter(Boolean);

/** A field from one value to another, as versions tell it. */
const CHANGED = /^(?:rolled out anew: |rolled back to [^:]*: )?(.+?) from (.+) to (.+)$/s;

/**
 * What became of each field over several versions: from its first value to its last, and nothing of what came back.
 * @param {string[]} texts in order of time
 * @returns {{field: string, before: string, after: string, text: string}[]}
 */
function netOf(texts) {
  const fields = new Map();
  for (const text of texts) {
    const [, field, before, after] = CHANGED.exec(text) || [];
    const known = fields.get(field || text);
    if (!field) fields.set(text, { field: "", before: "", after: "", text });
    else fields.set(field, { field, before: known ? known.before : before, after, text: "" });
  }
  return [...fields.values()].filter((one) => one.text || one.before !== one.after);
}

/** @param {HTMLElement} item @param {string} field @param {string} before @param {string} after */
function drawField(item, field, before, after) {
  element("span", `${field}: `, item);
  element("del", before, item);
  item.append(" to ");
  element("ins", after, item);
}
