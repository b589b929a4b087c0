// Details of what is chosen, beside the chart: it covers nothing.

/** What is within this of a mark is around it. */
const AROUND = 30000;
const LISTED = 40;

class Panel {
  /** @param {Store} store @param {Rows} rows @param {HTMLElement} panel */
  constructor(store, rows, panel) {
    Object.assign(this, { store, rows, panel });
    /** @type {Promise<Bodies>|null} */
    this.bodies = null;
  }

  draw() {
    const { selected, range } = this.store.state;
    const held = this.panel.contains(document.activeElement);
    this.panel.textContent = "";
    this.panel.hidden = selected === null && !range;
    if (selected !== null) this.drawMark(selected);
    else if (range) this.drawRange(range);
    // Whoever reads by keys stays where they were, and is back at the chart when the panel goes.
    if (held) (this.panel.hidden ? by("stage") : this.panel).focus({ preventScroll: true });
  }

  /** @param {string} title @param {() => void} close */
  head(title, close) {
    const head = element("div", "", this.panel, "panel-head");
    element("h2", title, head);
    button("Close", head, close, "close").title = "Close (Esc)";
    return head;
  }

  /** @param {number} at */
  drawMark(at) {
    const { store } = this;
    const mark = store.marks[at];
    this.head(mark.title, () => store.select(null));
    const facts = element("dl", "", this.panel, "facts");
    const fact = (name, value) => {
      if (!value) return;
      const pair = element("div", "", facts);
      element("dt", name, pair);
      element("dd", value, pair);
    };
    fact("Signal", `${mark.name}, ${SEVERITIES[mark.sev]}${mark.count > 1 ? `, ${mark.count} times` : ""}`);
    fact("Of", mark.of + (mark.node && !mark.of.endsWith(mark.node) ? ` on ${mark.node}` : ""));
    fact("Time", `${this.clock(mark.at)}${boundsOf(mark)}${this.sinceFirst(mark.at)}`);
    if (mark.moved) fact("Clock", movedOf(mark, this.clock(mark.at + mark.moved.by)));
    fact("Lasted", mark.until === null ? "to the end of the records" : mark.until > mark.at ? length(mark.until - mark.at) : "");
    fact("Chain", mark.chain ? `c${mark.chain}${mark.chain === 1 ? ", the largest cascade" : ""}` : "in none: no link was found");
    fact("Changed", mark.what && mark.what !== mark.title ? mark.what : "");
    const acts = element("p", "", this.panel, "acts");
    button("Copy as Markdown row", acts, () => this.copyRow(at)).id = "copy-row";
    button("Copy link", acts, () => this.copy(location.href.split("#")[0] + `#${store.fragment()}`)).id = "copy-link";
    this.said = element("span", "", acts, "said");
    this.said.setAttribute("role", "status");
    if (store.state.group.length > 1) {
      this.list(`${store.state.group.length} signals at this mark`, store.state.group.filter((one) => one !== at));
    }
    const meaning = element("div", "", this.panel);
    const links = [...this.kin("Comes from", store.causes[at], "from")];
    const others = element("div", "", this.panel);
    links.push(...this.kin("Leads to", store.effects[at], "to"));
    const records = element("div", "", this.panel);
    const versions = element("div", "", this.panel);
    this.list(`Within ${length(AROUND)} of it`, this.around(at));
    this.load().then((bodies) => {
      if (store.state.selected !== at) return;
      drawMeaning(meaning, bodies, mark);
      links.forEach(([item, edge]) => drawSource(item, bodies, edge.link));
      drawOthers(others, this, bodies, bodies.others[mark.id] || []);
      drawRecords(records, bodies.records[mark.id] || []);
      drawVersions(this, versions, mark, bodies.versions[mark.of] || []);
    });
  }

  load() {
    this.bodies = this.bodies || unpack("bodies-data");
    return this.bodies;
  }

  clock(at) {
    const { day } = this.store.chart;
    return `${clock(at, 1, day).replace(".000", "")}Z`;
  }

  sinceFirst(at) {
    const { span } = this.store.chart;
    if (!span || at === span[0]) return "";
    return `; ${length(at - span[0])} ${at > span[0] ? "after" : "before"} the cascade's first`;
  }

  /** @param {string} title @param {Edge[]} edges @param {"from"|"to"} far @returns {[HTMLElement, Edge][]} what stands for each */
  kin(title, edges, far) {
    const drawn = [];
    if (!edges.length) return drawn;
    element("h3", title, this.panel);
    const list = element("ul", "", this.panel, "kin");
    for (const edge of edges.slice(0, LISTED)) {
      const other = this.store.marks[edge[far]];
      const item = element("li", "", list);
      button(`${other.name} on ${other.of}`, item, () => this.go(edge[far]), "go");
      element("div", `${edge.grade}, ${edge.lag}: ${edge.why}`, item, "why");
      drawAgainst(item, this, edge);
      drawn.push([item, edge]);
    }
    if (edges.length > LISTED) element("li", `and ${edges.length - LISTED} more`, list);
    return drawn;
  }

  /** @param {string} title @param {number[]} marks */
  list(title, marks) {
    if (!marks.length) return;
    element("h3", title, this.panel);
    const list = element("ul", "", this.panel, "others");
    for (const at of marks.slice(0, LISTED)) {
      const mark = this.store.marks[at];
      const item = element("li", "", list);
      button(`${this.clock(mark.at)} ${mark.name} on ${mark.of}`, item, () => this.go(at), `go ${SEVERITIES[mark.sev]}`);
    }
    if (marks.length > LISTED) element("li", `and ${marks.length - LISTED} more`, list);
  }

  /** Those near in time, on the same node or object first. @param {number} at */
  around(at) {
    const { marks } = this.store;
    const mark = marks[at];
    const from = firstAt(marks, mark.at - AROUND, (one) => one.at);
    const near = [];
    for (let one = from; one < marks.length && marks[one].at <= mark.at + AROUND; one += 1) {
      if (one !== at && !this.store.state.group.includes(one)) near.push(one);
    }
    const place = (one) => one.node || (one.of.startsWith("Node/") ? one.of.slice(5) : "");
    const apart = (one) => (marks[one].of === mark.of ? 0 : place(marks[one]) && place(marks[one]) === place(mark) ? 1 : 2);
    const far = (one) => Math.abs(marks[one].at - mark.at);
    return near.sort((a, b) => apart(a) - apart(b) || marks[b].sev - marks[a].sev || far(a) - far(b));
  }

  /** @param {[number, number]} range */
  drawRange(range) {
    const { store } = this;
    const all = [];
    store.marks.forEach((mark, at) => mark.at >= range[0] && mark.at <= range[1] && store.filter.test(mark) && all.push(at));
    this.head(`${this.clock(range[0])} to ${this.clock(range[1])}`, () => store.set({ range: null }));
    element("p", `${length(range[1] - range[0])}; ${all.length} signals began in it.`, this.panel);
    const acts = element("p", "", this.panel, "acts");
    button("Show this range", acts, () => store.fit());
    button("Copy link", acts, () => this.copy(`${location.href.split("#")[0]}#${store.fragment()}`));
    this.said = element("span", "", acts, "said");
    this.said.setAttribute("role", "status");
    const worst = all.sort((a, b) => store.marks[b].sev - store.marks[a].sev || a - b);
    this.list("The worst first", worst);
  }

  /** Chooses a mark and brings it into sight. @param {number} at */
  go(at) {
    this.rows.reveal(at);
    this.store.select(at);
    this.onGo(at);
    this.panel.focus();
  }

  /** @param {number} at */
  copyRow(at) {
    const mark = this.store.marks[at];
    const cell = (text) => text.replace(/([\\`*_{}[\]<>#|~])/g, "\\$1");
    this.load().then((bodies) => {
      const record = (bodies.records[mark.id] || [])[0];
      const place = record ? `\`${record.place.replace(/[`|]/g, "·")}\`` : "";
      this.copy(`| ${this.clock(mark.at)} | ${cell(mark.of)} | ${cell(mark.name)} | ${cell(mark.title)} | ${place} |`);
    });
  }

  /** To the clipboard, or into a field to copy from where the browser keeps that shut. @param {string} text */
  copy(text) {
    const { said } = this;
    const byHand = () => {
      said.textContent = "";
      const field = element("input", "", said);
      field.readOnly = true;
      field.value = text;
      field.setAttribute("aria-label", "To copy");
      field.select();
    };
    said.dataset.copied = text;
    if (!navigator.clipboard) return byHand();
    return navigator.clipboard.writeText(text).then(() => (said.textContent = "Copied"), byHand);
  }
}

/** What is said of how exactly a beginning is known. @param {Mark} mark */
function boundsOf(mark) {
  if (mark.early === null) return ", or at any time before";
  if (mark.early > 1000) return `, or up to ${length(mark.early)} earlier`;
  return mark.late > 1000 ? `, or up to ${length(mark.late)} later` : "";
}

/** What was taken from a time. @param {Mark} mark @param {string} written what its records bear */
function movedOf(mark, written) {
  const { by, either } = mark.moved;
  const side = by > 0 ? "ahead" : "behind";
  return `its records bear ${written}: that clock was ${length(by)} ${side}, give or take ${length(either)}, and the time is moved by as much`;
}

/** @param {HTMLElement} place @param {PanelRecord[]} records */
function drawRecords(place, records) {
  if (!records.length) return;
  element("h3", "Records", place);
  for (const record of records) {
    const made = element("div", "", place, "record");
    element("code", record.place, made);
    const lines = element("ol", "", made, "lines");
    const line = (number, text, kind) => {
      const item = element("li", "", lines, kind);
      if (number) element("span", String(number), item, "number");
      element("q", text, item);
    };
    record.before.forEach((one) => line(one.line, one.text, "beside"));
    line(record.before.length || record.after.length ? record.place.split(":").pop() : "", record.text, "it");
    record.after.forEach((one) => line(one.line, one.text, "beside"));
  }
}
