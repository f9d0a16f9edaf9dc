"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const number = (value, digits) => (+value.toFixed(digits) || 0).toFixed(digits).replace("-", "\u2212"); // no "-0.00"
  const sizes = JSON.parse(by("data").textContent);
  for (const part of document.querySelectorAll(".needs-script")) part.hidden = false;

  by("theme")?.addEventListener("change", (event) => {
    document.documentElement.dataset.theme = event.target.value;
  });

  // The inspector: every map is scale * u + shift on each axis, between index coordinates.
  const applied = (map, [u, v]) => {
    const point = map.swapped ? [v, u] : [u, v];
    return point.map((place, axis) => map.scale[axis] * place + map.shift[axis]);
  };
  const inverted = (map, place) => place.map((value, axis) => (value - map.shift[axis]) / map.scale[axis]);
  const pair = (values, digits) => values.map((value) => number(value, digits)).join(", ");
  const figures = [...document.querySelectorAll("svg[data-inspect]")];

  const mark = (figure, class_, point) => {
    let shape = figure.querySelector(`.inspect-mark.${class_}`);
    if (!shape) {
      shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
      shape.setAttribute("class", `inspect-mark ${class_}`);
      figure.append(shape);
    }
    const [x, y] = point.map((place, axis) => place * +figure.dataset.scale + +[figure.dataset.x, figure.dataset.y][axis]);
    shape.setAttribute("d", `M${x - 9},${y}h18M${x},${y - 9}v18`);
  };

  const inspect = (index, u, v, marked = true) => {
    const size = sizes[index];
    const point = [u, v];
    const grid = applied(size.grid_from_image, point);
    const crop = applied(size.crop_from_image, point);
    const inside = crop.every((place, axis) => Math.round(place) >= 0 && Math.round(place) < [size.crop_size[1], size.crop_size[0]][axis]);
    by("inspect-size").value = index;
    by("inspect-u").value = u;
    by("inspect-v").value = v;
    by("inspect-u").max = size.image_size[1] - 1;
    by("inspect-v").max = size.image_size[0] - 1;
    by("inspect-crop").textContent = pair(crop, 2);
    by("inspect-grid").textContent = pair(grid, 3);
    by("inspect-in").textContent = inside ? "yes" : "no";
    const read = size.read_from_image && applied(size.read_from_image, point);
    const there = read && inverted(size.grid_from_image, read);
    by("inspect-crop-read").textContent = read ? pair(applied(size.crop_from_image, there), 2) : "not measured";
    by("inspect-grid-read").textContent = read ? pair(read, 3) : "not measured";
    const error = read && there.map((place, axis) => place - point[axis]);
    by("inspect-error").textContent = read ? `${pair(error, 2)} (${number(Math.hypot(...error), 2)})` : "not measured";
    for (const figure of figures) {
      if (!marked || +figure.dataset.inspect !== index) continue;
      mark(figure, "here", point);
      if (there) mark(figure, "there", there);
    }
  };

  const asked = () => {
    const index = +by("inspect-size").value;
    const [height, width] = sizes[index].image_size;
    const within = (field, most) => Math.min(Math.max(Math.round(+by(field).value) || 0, 0), most - 1);
    inspect(index, within("inspect-u", width), within("inspect-v", height));
  };
  for (const field of ["inspect-size", "inspect-u", "inspect-v"]) by(field)?.addEventListener("change", asked);

  for (const figure of figures) {
    const follow = (event) => {
      const box = figure.getBoundingClientRect();
      const unit = figure.viewBox.baseVal.width / box.width;
      const index = +figure.dataset.inspect;
      const page = [(event.clientX - box.left) * unit, (event.clientY - box.top) * unit];
      const [u, v] = page.map((place, axis) => Math.round((place - +[figure.dataset.x, figure.dataset.y][axis]) / +figure.dataset.scale));
      const [height, width] = sizes[index].image_size;
      if (u >= 0 && u < width && v >= 0 && v < height) inspect(index, u, v);
    };
    figure.addEventListener("pointermove", follow);
    figure.addEventListener("pointerdown", follow);
  }
  if (sizes.length && by("inspect-size")) {
    const [height, width] = sizes[0].image_size;
    inspect(0, Math.floor(width / 2), Math.floor(height / 2), false);
  }

  // A pair of figures lies one over the other: a wipe shows the left part as it was before, the right as it is now.
  for (const pair of document.querySelectorAll(".pair")) {
    const range = pair.querySelector("input");
    const wipe = () => pair.style.setProperty("--wipe", `${range.value}%`);
    pair.classList.add("overlaid");
    range.addEventListener("input", wipe);
    wipe();
  }

  // The table of checks: rows are filtered by text and status, sorted by the heading that is pressed.
  const table = by("check-table");
  if (table) {
    const rows = [...table.tBodies[0].rows];
    const filter = () => {
      const text = by("filter-text").value.trim().toLowerCase();
      const status = by("filter-status").value;
      for (const row of rows) {
        row.hidden = (status && row.dataset.status !== status) || !row.textContent.toLowerCase().includes(text);
      }
      by("filter-count").textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
    };
    by("filter-text").addEventListener("input", filter);
    by("filter-status").addEventListener("change", filter);
    filter();

    // Statuses in the order of the filter, gravest first; numbers by their value; what is blank comes last either way.
    const statuses = [...by("filter-status").options].map((option) => option.value);
    const key = (row, column) => {
      const cell = row.cells[column];
      if (cell.classList.contains("status")) return statuses.indexOf(row.dataset.status);
      return cell.dataset.value === undefined ? cell.textContent.trim() : +cell.dataset.value;
    };
    const compared = (a, b, sign) => {
      if (a === "" || b === "") return (a === "") - (b === "");
      return sign * (a < b ? -1 : a > b ? 1 : 0);
    };
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = heading.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const sign = down ? -1 : 1;
        const sorted = [...rows].sort((a, b) => compared(key(a, column), key(b, column), sign));
        table.tBodies[0].append(...sorted);
      });
    });
  }
})();
