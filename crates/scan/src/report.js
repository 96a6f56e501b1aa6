'use strict';
const body = document.querySelector('tbody');
const ranks = { certain: 0, probable: 1, possible: 2 };
let order = 1;
const key = (row, column) => {
  const text = row.cells[column].textContent;
  return text in ranks ? ranks[text] : column === 1 ? Number(row.dataset.order) : text;
};
document.querySelectorAll('th button').forEach((button, column) => {
  button.addEventListener('click', () => {
    order = -order;
    const rows = Array.from(body.rows);
    rows.sort((one, other) => {
      const [a, b] = [key(one, column), key(other, column)];
      return order * (a < b ? -1 : a > b ? 1 : one.dataset.order - other.dataset.order);
    });
    body.append(...rows);
  });
});
document.querySelector('input').addEventListener('input', (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});
