
"use strict";
(function () {
  var data = JSON.parse(document.getElementById("data").textContent);
  var plane = document.getElementById("plane");
  if (!plane) return;
  var scroll = plane.parentNode, details = document.getElementById("details");
  var filter = document.getElementById("filter"), found = document.getElementById("found");
  var marks = Array.prototype.slice.call(plane.querySelectorAll(".mark"));
  var links = Array.prototype.slice.call(plane.querySelectorAll("[data-from]"));
  var rows = Array.prototype.slice.call(document.querySelectorAll("#rows tbody tr"));
  var byId = new Map(marks.map(function (mark) { return [mark.dataset.id, mark]; }));
  var chosen = null, zoom = 1;

  function reach(id, near, far) {
    var seen = new Set([id]), open = [id];
    while (open.length) {
      var at = open.pop();
      data.edges.forEach(function (edge) {
        if (edge[near] === at && !seen.has(edge[far])) { seen.add(edge[far]); open.push(edge[far]); }
      });
    }
    return seen;
  }
  function light(id) {
    plane.classList.toggle("kin", Boolean(id));
    if (!id) return;
    var causes = reach(id, "to", "from"), effects = reach(id, "from", "to");
    marks.forEach(function (mark) {
      mark.classList.toggle("on", causes.has(mark.dataset.id) || effects.has(mark.dataset.id));
    });
    links.forEach(function (link) {
      var from = link.dataset.from, to = link.dataset.to;
      link.classList.toggle("on", (causes.has(from) && causes.has(to)) || (effects.has(from) && effects.has(to)));
    });
  }
  function element(name, text, parent) {
    var made = document.createElement(name);
    if (text) made.textContent = text;
    if (parent) parent.appendChild(made);
    return made;
  }
  function kin(title, id, near, far) {
    var edges = data.edges.filter(function (edge) { return edge[near] === id; });
    if (!edges.length) return;
    element("h4", title, details);
    var list = element("ul", "", details);
    list.className = "kin-list";
    edges.forEach(function (edge) {
      var item = element("li", "", list);
      var button = element("button", data.signals[edge[far]].title, item);
      button.type = "button";
      button.addEventListener("click", function () { choose(edge[far]); byId.get(edge[far]).focus(); });
      element("div", edge.grade + ", " + edge.lag + ": " + edge.why, item);
    });
  }
  function choose(id) {
    if (chosen && byId.get(chosen)) byId.get(chosen).classList.remove("chosen");
    chosen = id;
    light(id);
    details.hidden = !id;
    details.textContent = "";
    if (!id) return;
    byId.get(id).classList.add("chosen");
    var close = element("button", "Close", details);
    close.type = "button";
    close.className = "close";
    close.addEventListener("click", function () { choose(null); });
    var signal = data.signals[id];
    element("h3", signal.title, details);
    var records = element("ul", "", details);
    signal.records.forEach(function (record) {
      var item = element("li", "", records);
      element("code", record.place, item);
      element("br", "", item);
      element("q", record.text, item);
    });
    kin("Comes from", id, "to", "from");
    kin("Leads to", id, "from", "to");
  }
  marks.forEach(function (mark) {
    var id = mark.dataset.id;
    mark.addEventListener("mouseenter", function () { light(id); });
    mark.addEventListener("mouseleave", function () { light(chosen); });
    mark.addEventListener("focus", function () { light(id); });
    mark.addEventListener("blur", function () { light(chosen); });
    mark.addEventListener("click", function (event) { event.preventDefault(); choose(chosen === id ? null : id); });
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") choose(null); });

  filter.addEventListener("input", function () {
    var words = filter.value.toLowerCase().split(/\s+/).filter(Boolean), count = 0;
    function holds(text) {
      text = text.toLowerCase();
      return words.every(function (word) { return text.indexOf(word) >= 0; });
    }
    marks.forEach(function (mark) { mark.classList.toggle("out", !holds(mark.getAttribute("aria-label"))); });
    links.forEach(function (link) {
      var ends = [byId.get(link.dataset.from), byId.get(link.dataset.to)];
      link.classList.toggle("out", ends.some(function (mark) { return !mark || mark.classList.contains("out"); }));
    });
    rows.forEach(function (row) {
      var shown = holds(row.textContent);
      if (shown) count += 1;
      row.classList.toggle("out", !shown);
    });
    found.textContent = words.length ? count + " of " + rows.length + " rows" : "";
  });
  function scale(factor) {
    var middle = (scroll.scrollLeft + scroll.clientWidth / 2) / zoom;
    zoom = Math.min(32, Math.max(1, factor));
    plane.style.width = zoom * 100 + "%";
    plane.classList.toggle("zoomed", zoom > 1);
    scroll.scrollLeft = middle * zoom - scroll.clientWidth / 2;
    document.getElementById("zoom-reset").textContent = zoom + "×";
  }
  document.getElementById("zoom-in").addEventListener("click", function () { scale(zoom * 2); });
  document.getElementById("zoom-out").addEventListener("click", function () { scale(zoom / 2); });
  document.getElementById("zoom-reset").addEventListener("click", function () { scale(1); });
  var tools = document.getElementById("tools");
  tools.addEventListener("submit", function (event) { event.preventDefault(); });
  tools.hidden = false;
}());
