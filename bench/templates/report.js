"use strict";
// Sorting by click or keyboard; without scripts the tables stand in their first order.
for (const table of document.querySelectorAll("table.sorts")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => row.cells[column].dataset.order ?? row.cells[column].textContent.trim();
      const order = (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x === "" || y === "") return (x === "") - (y === "");  // what has no number stands last
        const sign = up ? 1 : -1, numbers = [Number(x), Number(y)];
        return sign * (numbers.some(isNaN) ? x.localeCompare(y) : numbers[0] - numbers[1]);
      };
      body.append(...[...body.rows].sort(order));
    });
  });
}
