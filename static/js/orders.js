/* Payment's countdown and the sum of a refund. The pages work without this file. */
"use strict";

/* Counts down; when the time is up the page says so itself. */
for (const clock of document.querySelectorAll("[data-countdown]")) {
  const end = Date.now() + Number(clock.dataset.countdown) * 1000;
  const timer = setInterval(() => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left === 0) {
      clearInterval(timer);
      location.reload();
    }
  }, 1000);
}

/* In 分: the fair money for so many pieces, as the server reckons it. */
function fairCents(line, pieces) {
  const cents = Math.round(Number(line.dataset.money) * 100);
  const all = Number(line.dataset.pieces);
  return pieces >= all ? cents : Math.floor((cents * pieces) / all);
}

function sumRefund(form) {
  let total = 0;
  for (const line of form.querySelectorAll("[data-refund-line]")) {
    const [chosen, pieces, money] = line.querySelectorAll("input");
    const fair = fairCents(line, Number(pieces.value));
    money.placeholder = (fair / 100).toFixed(2);
    if (chosen.checked) total += money.value === "" ? fair : Math.round(Number(money.value) * 100);
  }
  const shipping = form.querySelector("[data-refund-shipping]");
  if (shipping) total += Math.round(Number(shipping.value) * 100);
  form.querySelector("[data-refund-total]").textContent = (total / 100).toFixed(2);
}

for (const form of document.querySelectorAll("[data-refund]")) {
  form.addEventListener("input", () => sumRefund(form));
  sumRefund(form);
}
