// What is related: things that sources name as related, or saw together; strongest first, drawn and as a table.
const MARKS = new Map(Object.entries({
  "ipv4-addr": ["IP", "#2f62c9"], "ipv6-addr": ["IP", "#2f62c9"], "mac-addr": ["M", "#2f62c9"], "domain-name": ["D", "#167a72"],
  "url": ["U", "#167a72"], "file": ["F", "#a8520f"], "directory": ["/", "#a8520f"], "process": ["P", "#7048c9"],
  "user-account": ["A", "#a83a80"], "email-addr": ["@", "#a83a80"], "windows-registry-key": ["R", "#5b6b2f"],
}));
const WORDS = new Map(Object.entries({
  creator_user_ref: "run by", parent_ref: "started by", image_ref: "runs", binary_ref: "runs", parent_directory_ref: "in", resolves_to_refs: "resolves to",
  opened_connection_refs: "connects by", child_refs: "started", contains_refs: "holds", belongs_to_refs: "belongs to", from_ref: "from", to_refs: "to",
  sender_ref: "sent by", src_ref: "from", dst_ref: "to",
}));
const NOT_DRAWN = new Set(["network-traffic", "directory", "autonomous-system"]);
const ROUNDS = 260, MOST_EDGES = 260, MOST_OF_ONE = 14;
const markOf = (type) => MARKS.get(type) || [(type.replace(/^x-/, "")[0] || "?").toUpperCase(), "#5a6272"];

/** The graph of the observations: at most `most` nodes (those seen most, shared ones first, or those round `centre`). */
function related(model, observed, most, centre) {
  const seen = new Map();
  for (const one of observed) {
    if (centre && !one.refs.includes(centre.at)) continue;
    for (const at of one.refs) if (!NOT_DRAWN.has(model.things[at].type)) seen.set(at, (seen.get(at) || 0) + 1);
  }
  const weight = (at) => (centre && at === centre.at ? Infinity : seen.get(at) * (model.things[at].sources.length > 1 ? 4 : 1));
  const chosen = [...seen.keys()].sort((one, other) => weight(other) - weight(one) || one - other).slice(0, most);
  const places = new Map(chosen.map((at, place) => [at, place]));
  const edges = new Map();
  const join = (one, other, word) => {
    const a = places.get(one), b = places.get(other);
    if (a === undefined || b === undefined || a === b) return;
    const key = a < b ? a * most + b : b * most + a;
    let edge = edges.get(key);
    if (!edge) edges.set(key, (edge = { a: Math.min(a, b), b: Math.max(a, b), count: 0, word: "", way: 0 }));
    if (word === null) edge.count += 1;
    else if (!edge.word) Object.assign(edge, { word, a, b, way: 1 });
  };
  for (const one of observed) {
    const inside = one.refs.filter((at) => places.has(at)).slice(0, MOST_OF_ONE);
    inside.forEach((at, first) => { for (let next = first + 1; next < inside.length; next += 1) join(at, inside[next], null); });
    for (const at of one.refs) {
      const { object, type } = model.things[at];
      const end = (id) => model.named.get(id)?.at;
      if (type === "network-traffic") {
        if (object.src_ref && object.dst_ref) join(end(object.src_ref), end(object.dst_ref), "talks to");
      } else if (places.has(at)) for (const [key, id] of references(object)) join(at, end(id), WORDS.get(key) || key.replace(/_refs?$/, "").replaceAll("_", " "));
    }
  }
  const strongest = [...edges.values()].sort((one, other) => !!other.word - !!one.word || other.count - one.count).slice(0, MOST_EDGES);
  const nodes = chosen.map((at) => ({ thing: model.things[at], count: seen.get(at), x: 0, y: 0 }));
  return { nodes, edges: strongest, left: seen.size - nodes.length };
}

/** Places for the nodes of a graph in a box: springs and repulsion, always the same for the same graph. */
function spread({ nodes, edges }, width, height) {
  const count = nodes.length, ideal = Math.sqrt((width * height) / Math.max(1, count)) * 0.62, far = (ideal * 3.2) ** 2;
  nodes.forEach((node, at) => {
    const turn = at * 2.399963, far = Math.sqrt((at + 0.5) / count) * 0.45;
    Object.assign(node, { x: width * (0.5 + far * Math.cos(turn)), y: height * (0.5 + far * Math.sin(turn)) });
  });
  const degree = new Float64Array(count);
  for (const { a, b } of edges) { degree[a] += 1; degree[b] += 1; }
  const dx = new Float64Array(count), dy = new Float64Array(count);
  for (let round = 0; round < ROUNDS; round += 1) {
    dx.fill(0); dy.fill(0);
    for (let a = 0; a < count; a += 1) for (let b = a + 1; b < count; b += 1) {
      const x = nodes[a].x - nodes[b].x, y = nodes[a].y - nodes[b].y, square = Math.max(x * x + y * y, 1), push = square < far ? (ideal * ideal) / square : 0;
      dx[a] += x * push; dy[a] += y * push; dx[b] -= x * push; dy[b] -= y * push;
    }
    for (const { a, b } of edges) {
      const x = nodes[a].x - nodes[b].x, y = nodes[a].y - nodes[b].y, pull = Math.sqrt(x * x + y * y) / ideal / Math.sqrt(Math.max(degree[a], degree[b]));
      dx[a] -= x * pull; dy[a] -= y * pull; dx[b] += x * pull; dy[b] += y * pull;
    }
    const step = (1 - round / ROUNDS) * width * 0.06 + 0.4;
    nodes.forEach((node, at) => {
      const x = dx[at] + (width / 2 - node.x) * 0.1, y = dy[at] + (height / 2 - node.y) * 0.18, long = Math.hypot(x, y) || 1;
      node.x += (x / long) * Math.min(long, step);
      node.y += (y / long) * Math.min(long, step);
    });
  }
  const box = (name) => [Math.min(...nodes.map((node) => node[name])), Math.max(...nodes.map((node) => node[name]))];
  const fit = (name, size, low, high) => {
    const [min, max] = box(name);
    for (const node of nodes) node[name] = max - min < 1 ? size / 2 : low + ((node[name] - min) / (max - min)) * (size - low - high);
  };
  if (count) { fit("x", width, 30, 110); fit("y", height, 26, 30); }
  apart(nodes, width, height);
}

/** Push circles that touch apart. */
function apart(nodes, width, height) {
  for (let round = 0; round < 40; round += 1) for (let a = 0; a < nodes.length; a += 1) for (let b = a + 1; b < nodes.length; b += 1) {
    const one = nodes[a], other = nodes[b], x = other.x - one.x, y = other.y - one.y || 0.1, far = Math.hypot(x, y), room = one.size + other.size + 9;
    if (far >= room) continue;
    const by = (room - far) / far / 2;
    for (const [node, way] of [[one, -by], [other, by]]) {
      node.x = Math.min(width - 60, Math.max(20, node.x + x * way));
      node.y = Math.min(height - 20, Math.max(20, node.y + y * way));
    }
  }
}

class Graph {
  /** `open(thing)` when a node is chosen. */
  constructor(model, open) {
    Object.assign(this, { model, open, centre: null, observed: [], most: innerWidth < 700 ? 30 : 60, stale: true });
    this.legend = make("div", { class: "legend" });
    this.size = make("select", { "aria-label": "How many objects to draw", onchange: () => { this.most = Number(this.size.value); this.draw(true); } },
      ...[30, 60, 120].map((count) => make("option", { value: count, selected: count === this.most }, `${count} objects`)));
    this.back = make("button", { type: "button", class: "chip pressed", hidden: true, onclick: () => this.around(null) });
    this.place = make("div", {});
    this.table = new Grid("Relations, strongest first", [
      { title: "From", value: (one) => this.#name(one.a), cell: (one) => told(this.#name(one.a), TABLE_LENGTH) },
      { title: "Relation", width: "7.2rem", value: (one) => one.word || "seen with", cell: (one) => one.word || "seen with" },
      { title: "To", value: (one) => this.#name(one.b), cell: (one) => told(this.#name(one.b), TABLE_LENGTH) },
      { title: "Times", kind: "number", width: "5.2rem", value: (one) => one.count, cell: (one) => number(one.count) },
    ], (one) => this.#pick(this.graph.nodes[one.a].thing));
    this.view = make("div", {}, make("div", { class: "tools" }, this.size, this.back, this.legend), make("div", { class: "net" }, this.place, this.table.host));
  }

  #name(at) { return this.model.label(this.graph.nodes[at].thing); }

  show(observed) {
    this.observed = observed;
    this.stale = true;
    this.draw();
  }

  around(thing) {
    this.centre = thing;
    this.draw(true);
  }

  /** Draw, where the view is in sight and something has changed. */
  draw(again = false) {
    if (!(this.stale || again) || !this.view.isConnected || !this.view.clientWidth) return;
    this.stale = false;
    this.graph = related(this.model, this.observed, this.most, this.centre);
    const wide = Math.max(320, this.place.clientWidth), high = Math.max(380, Math.min(wide * 0.85, innerHeight * 0.66, 736));
    const strongest = Math.max(1, ...this.graph.nodes.map((node) => node.count));
    for (const node of this.graph.nodes) node.size = 8 + 9 * Math.sqrt(node.count / strongest);
    spread(this.graph, wide, high);
    this.back.hidden = !this.centre;
    this.back.textContent = this.centre ? `Around ${visible(this.model.label(this.centre), 60)} — show all` : "";
    this.#legend();
    this.place.replaceChildren(this.graph.nodes.length ? this.#svg(wide, high) : make("p", { class: "nothing" }, "Nothing to relate."));
    this.table.show(this.graph.edges);
  }

  #legend() {
    const types = [...new Set(this.graph.nodes.map((node) => node.thing.type))].slice(0, 9);
    const shared = this.graph.nodes.some((node) => node.thing.sources.length > 1);
    this.legend.replaceChildren(...types.map((type) => make("span", {}, make("span", { class: "dot", style: { background: markOf(type)[1] } }), visible(type, 40))),
      ...(shared ? [make("span", {}, "ringed: seen by several sources")] : []), ...(this.graph.left > 0 ? [make("span", {}, `${number(this.graph.left)} more not drawn`)] : []));
  }

  #svg(wide, high) {
    const { nodes, edges } = this.graph;
    const arrow = draw("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto", markerUnits: "userSpaceOnUse" }, draw("path", { class: "arrow", d: "M0 0L8 4L0 8z" }));
    this.lines = edges.map((edge) => this.#line(edge, nodes));
    this.marks = nodes.map((node, at) => this.#node(node, at));
    this.#uncrowd(nodes);
    const svg = draw("svg", { viewBox: `0 0 ${wide} ${high}`, style: { height: `${high}px` }, role: "group", "aria-label": `Graph of ${plural(nodes.length, "object")} and ${plural(edges.length, "relation")}; arrow keys go from one to the next` },
      draw("defs", {}, arrow), ...this.lines, ...this.marks);
    this.marks[0].setAttribute("tabindex", 0);
    return svg;
  }

  #line(edge, nodes) {
    const one = nodes[edge.a], other = nodes[edge.b], long = Math.hypot(other.x - one.x, other.y - one.y) || 1;
    const x = other.x - ((other.x - one.x) / long) * (other.size + 2), y = other.y - ((other.y - one.y) / long) * (other.size + 2);
    return draw("line", { class: `edge${edge.way ? " told" : ""}`, x1: one.x, y1: one.y, x2: x, y2: y, "stroke-width": Math.min(4, 0.8 + Math.log2(1 + edge.count) / 2),
      "stroke-dasharray": edge.way ? null : "3 3", "marker-end": edge.way ? "url(#arrow)" : null });
  }

  #node(node, at) {
    const { thing } = node, [mark, colour] = markOf(thing.type), label = visible(this.model.label(thing), 400);
    const about = `${visible(thing.type, 60)} ${label}, ${plural(node.count, "observation")}, ${plural(thing.sources.length, "source")}`;
    const name = label.length > 30 ? `${label.slice(0, 14)}…${label.slice(-14)}` : label;
    node.name = name;
    return draw("g", { class: `node${thing.sources.length > 1 ? " shared" : ""}`, role: "button", tabindex: -1, "aria-label": about, transform: `translate(${node.x.toFixed(1)} ${node.y.toFixed(1)})`,
      onclick: () => this.#pick(thing, at), onkeydown: (event) => this.#key(event, at), onfocus: () => this.#near(at), onpointerenter: () => this.#near(at), onpointerleave: () => this.#near(-1), onblur: () => this.#near(-1) },
      draw("title", {}, about), draw("circle", { r: node.size, fill: colour }), draw("text", { class: "mark", y: 3.2, "aria-hidden": "true" }, mark),
      draw("text", { class: "label", x: node.size + 4, y: 3.6, "aria-hidden": "true" }, name));
  }

  /** Hide the labels that would lie over others; those of strong nodes stay. */
  #uncrowd(nodes) {
    const taken = nodes.map((node) => [node.x - node.size, node.y - node.size, node.x + node.size, node.y + node.size]);
    nodes.forEach((node, at) => {
      const box = [node.x + node.size + 3, node.y - 7, node.x + node.size + 5 + node.name.length * 6.1, node.y + 7];
      const clash = taken.some((other, each) => each !== at && box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
      if (clash) this.marks[at].querySelector(".label").classList.add("crowded");
      else taken.push(box);
    });
  }

  #near(at) {
    this.graph.edges.forEach((edge, each) => this.lines[each].classList.toggle("near", edge.a === at || edge.b === at));
  }

  #pick(thing, at) {
    this.marks.forEach((mark, each) => mark.classList.toggle("chosen", this.graph.nodes[each].thing === thing));
    if (at !== undefined) this.#rove(at);
    this.open(thing);
  }

  #rove(at) {
    this.marks.forEach((mark, each) => mark.setAttribute("tabindex", each === at ? 0 : -1));
  }

  #key(event, at) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.#pick(this.graph.nodes[at].thing, at); return; }
    if (!way) return;
    event.preventDefault();
    const here = this.graph.nodes[at];
    let best = -1, least = Infinity;
    this.graph.nodes.forEach((node, each) => {
      const x = node.x - here.x, y = node.y - here.y, along = x * way[0] + y * way[1], aside = Math.abs(x * way[1]) + Math.abs(y * way[0]);
      if (along > 1 && along + 2 * aside < least) [best, least] = [each, along + 2 * aside];
    });
    if (best >= 0) { this.#rove(best); this.marks[best].focus(); }
  }
}
