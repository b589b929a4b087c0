// The language of the filter: kind:Pod ns:shop ~oom sev>=error changed:image -name:api

/** What a word before a colon asks of a mark: the text that must hold what stands behind it. */
const FIELDS = {
  kind: (mark) => mark.of.split("/")[0],
  ns: (mark) => (mark.of.split("/").length > 2 ? mark.of.split("/")[1] : ""),
  name: (mark) => mark.of.split("/").slice(-1)[0],
  node: (mark) => mark.node || (mark.of.startsWith("Node/") ? mark.of.slice(5) : ""),
  signal: (mark) => mark.name,
  changed: (mark) => (mark.role === "change" ? `${mark.what} ${mark.title}` : ""),
  is: (mark) => mark.role,
  chain: (mark) => (mark.chain ? `c${mark.chain}` : "none"),
};
/** Fields of which the whole value is asked for, and not a part. */
const WHOLE = new Set(["kind", "ns", "node", "is", "chain"]);

/**
 * A test of marks, or what is wrong with the text.
 * @param {string} text
 * @returns {{test: (mark: Mark) => boolean, wrong: string}}
 */
function parseQuery(text) {
  const tests = [];
  let wrong = "";
  for (const word of text.match(/(?:[^\s"]|"[^"]*"?)+/g) || []) {
    const not = word.startsWith("-") && word.length > 1;
    try {
      const test = parseWord((not ? word.slice(1) : word).replace(/"/g, ""));
      tests.push(not ? (mark) => !test(mark) : test);
    } catch (error) {
      wrong = error.message;
    }
  }
  return { test: (mark) => tests.every((one) => one(mark)), wrong };
}

/** @param {string} word */
function parseWord(word) {
  const severity = /^sev(>=|<=|=|:|>|<)(\w+)$/i.exec(word);
  if (severity) return bySeverity(severity[1], severity[2].toLowerCase());
  if (word.startsWith("~")) {
    const pattern = new RegExp(word.slice(1), "i");
    return (mark) => pattern.test(wordsOf(mark));
  }
  const colon = word.indexOf(":");
  const field = colon > 0 ? word.slice(0, colon).toLowerCase() : "";
  if (field && Object.hasOwn(FIELDS, field)) {
    const value = word.slice(colon + 1).toLowerCase();
    const read = FIELDS[field];
    if (WHOLE.has(field)) return (mark) => value === "" || read(mark).toLowerCase() === value;
    return (mark) => read(mark).toLowerCase().includes(value) && (field !== "changed" || mark.role === "change");
  }
  const lower = word.toLowerCase();
  return (mark) => wordsOf(mark).toLowerCase().includes(lower);
}

/** @param {string} sign @param {string} name */
function bySeverity(sign, name) {
  const level = SEVERITIES.findIndex((one) => one.startsWith(name));
  if (level < 0) throw new Error(`no severity ${name}: ${SEVERITIES.join(", ")}`);
  if (sign === ">=") return (mark) => mark.sev >= level;
  if (sign === "<=") return (mark) => mark.sev <= level;
  if (sign === ">") return (mark) => mark.sev > level;
  if (sign === "<") return (mark) => mark.sev < level;
  return (mark) => mark.sev === level;
}

/** @param {Mark} mark */
const wordsOf = (mark) => `${mark.name} ${mark.of} ${mark.title} ${mark.what}`;
