// A table of any length: only the rows in sight are in the page. Sorts by its headers, walks by keys.
const ROW = 35, SPARE = 10;

class Grid {
  /** columns: [{title, value(row) for sorting, cell(row) -> text or node, kind?, width?, optional?}]; `open(row)` on Enter. */
  constructor(label, columns, open) {
    Object.assign(this, { label, columns, open, rows: [], shown: [], live: new Map(), active: 0, chosen: null, sorted: null });
    this.top = this.#space();
    this.bottom = this.#space();
    this.body = make("tbody", {}, this.top.row, this.bottom.row);
    this.heads = columns.map((column, at) => this.#head(column, at));
    this.table = make("table", { class: "grid", role: "grid", "aria-label": label, "aria-colcount": columns.length },
      make("thead", {}, make("tr", { "aria-rowindex": 1 }, ...this.heads)), this.body);
    this.empty = make("p", { class: "nothing", hidden: true }, "Nothing passes the filter.");
    this.host = make("div", { class: "scroll", tabindex: -1, onscroll: () => this.#later(), onkeydown: (event) => this.#key(event) }, this.table, this.empty);
  }

  #space() {
    const cell = make("td", {});
    return { cell, row: make("tr", { class: "space", "aria-hidden": "true" }, cell) };
  }

  #head(column, at) {
    const button = make("button", { type: "button", onclick: () => this.sort(at) }, column.title);
    return make("th", { scope: "col", "aria-sort": "none", class: this.#kind(column), style: { "--wide": column.width } }, button);
  }

  #kind(column) {
    return [column.kind, column.optional && "optional"].filter(Boolean).join(" ") || undefined;
  }

  show(rows) {
    this.rows = rows;
    this.#order();
    this.host.scrollTop = 0;
    this.active = 0;
    this.#redraw();
  }

  sort(at) {
    const up = !(this.sorted && this.sorted.at === at && this.sorted.up);
    this.sorted = { at, up };
    this.heads.forEach((head, each) => head.setAttribute("aria-sort", each === at ? (up ? "ascending" : "descending") : "none"));
    this.#order();
    this.#redraw();
  }

  #order() {
    if (!this.sorted) { this.shown = this.rows; return; }
    const { value } = this.columns[this.sorted.at], way = this.sorted.up ? 1 : -1;
    const keyed = this.rows.map((row) => [value(row), row]);
    const compare = (one, other) => (typeof one === "number" && typeof other === "number" ? one - other : COLLATOR.compare(one, other));
    keyed.sort(([one], [other]) => {
      const none = (one === "" || one === undefined) - (other === "" || other === undefined);  // the empty ones come last, both ways
      return none || way * compare(one, other);
    });
    this.shown = keyed.map(([, row]) => row);
  }

  #redraw() {
    for (const row of this.live.values()) row.remove();
    this.live.clear();
    this.table.setAttribute("aria-rowcount", this.shown.length + 1);
    this.empty.hidden = this.shown.length > 0;
    this.draw();
  }

  #later() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.draw(); });
  }

  /** Bring the rows in sight into the page, and take the others out. */
  draw() {
    const { scrollTop, clientHeight } = this.host;
    const start = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const end = Math.min(this.shown.length, Math.ceil((scrollTop + (clientHeight || 700)) / ROW) + SPARE);
    let lost = false;
    for (const [at, row] of this.live) if (at < start || at >= end) {
      lost ||= row.contains(document.activeElement);
      row.remove();
      this.live.delete(at);
    }
    this.top.cell.style.height = `${start * ROW}px`;
    this.bottom.cell.style.height = `${(this.shown.length - end) * ROW}px`;
    let next = this.bottom.row;
    for (let at = end - 1; at >= start; at -= 1) {
      let row = this.live.get(at);
      if (!row) {
        row = this.#row(at);
        this.live.set(at, row);
        this.body.insertBefore(row, next);
      }
      row.tabIndex = -1;
      next = row;
    }
    const entry = this.live.get(this.active) || this.live.get(Math.max(start, Math.floor(scrollTop / ROW)));
    if (entry) entry.tabIndex = 0;
    if (lost) this.host.focus({ preventScroll: true });
    if (this.host.scrollTop !== scrollTop) this.host.scrollTop = scrollTop;  // a browser that measured in between has cut it
  }

  #row(at) {
    const item = this.shown[at];
    const cells = this.columns.map((column) => make("td", { class: this.#kind(column) }, column.cell(item)));
    return make("tr", {
      class: "row", "aria-rowindex": at + 2, "aria-selected": String(item === this.chosen),
      onclick: () => { if (!String(getSelection())) this.#choose(at); }, onfocus: () => { this.active = at; },
    }, ...cells);
  }

  #choose(at) {
    this.chosen = this.shown[at];
    this.active = at;
    for (const [each, row] of this.live) row.setAttribute("aria-selected", String(each === at));
    this.open(this.chosen);
  }

  #key(event) {
    if (event.target.closest("th") || event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.host.clientHeight / ROW) - 2), end = this.shown.length - 1;
    const to = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page, PageUp: this.active - page, Home: 0, End: end }[event.key];
    if (to !== undefined && end >= 0) {
      event.preventDefault();
      this.focus(Math.min(end, Math.max(0, to)));
    } else if ((event.key === "Enter" || event.key === " ") && this.shown[this.active]) {
      event.preventDefault();
      this.#choose(this.active);
    }
  }

  /** Put the keyboard on a row, and the row into sight. */
  focus(at = this.active) {
    this.active = at;
    const above = at * ROW, sight = this.host.clientHeight - 2 * ROW;
    if (above < this.host.scrollTop) this.host.scrollTop = above;
    else if (above > this.host.scrollTop + sight) this.host.scrollTop = above - sight;
    this.draw();
    this.live.get(at)?.focus({ preventScroll: true });
  }
}
