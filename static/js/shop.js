/* Small comforts. Every page works without this file. */
"use strict";

/* Quantity: minus and plus around a number field. */
function step(button) {
  const input = button.parentElement.querySelector("input");
  const before = input.value;
  button.dataset.step > 0 ? input.stepUp() : input.stepDown();
  if (input.value !== before) input.dispatchEvent(new Event("change", { bubbles: true }));
}

function limitSteps(box) {
  const input = box.querySelector("input");
  for (const button of box.querySelectorAll("button")) {
    const edge = button.dataset.step > 0 ? Number(input.max) : Number(input.min);
    button.disabled = input.disabled || Number(input.value) === edge;
  }
}

/* Product page: the chosen variant's price, stock and name wherever they are shown. */
function showVariant(radio) {
  const form = radio.form;
  const product = document.querySelector("[data-product]");
  for (const slot of product.querySelectorAll("[data-slot]")) {
    const source = radio.closest(".chip").querySelector(`template[data-for="${slot.dataset.slot}"]`);
    if (source) slot.replaceChildren(source.content.cloneNode(true));
  }
  const quantity = form.elements.quantity;
  quantity.max = radio.dataset.stock;
  if (Number(quantity.value) > Number(quantity.max)) quantity.value = Math.max(1, quantity.max);
  limitSteps(quantity.closest("[data-quantity]"));
}

function prepare(root) {
  root.querySelectorAll("[data-quantity]").forEach(limitSteps);
  root.querySelectorAll("[data-with-script]").forEach((element) => { element.hidden = false; });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) step(button);
  const thumb = event.target.closest("[data-shows]");
  if (thumb) {
    event.preventDefault();
    const picture = document.getElementById(thumb.dataset.shows);
    picture.parentElement.scrollTo({ left: picture.offsetLeft - picture.parentElement.offsetLeft, behavior: "smooth" });
  }
});

document.addEventListener("change", (event) => {
  const target = event.target;
  const box = target.closest("[data-quantity]");
  if (box) limitSteps(box);
  if (target.matches("[data-variant]")) showVariant(target);
  if (target.form && target.closest("[data-submit-on-change]") && target.checkValidity()) target.form.requestSubmit();
});

/* Sent by the server after something went into the cart. */
document.addEventListener("cart-added", () => {
  document.querySelectorAll(".sheet:popover-open").forEach((sheet) => sheet.hidePopover());
});

/* Nothing fails in silence: what htmx could not do is said. */
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => {
    if (event.detail.requestConfig?.verb === "get") return;
    const toast = document.getElementById("toast");
    const words = document.createElement("p");
    words.textContent = toast.dataset.failed;
    toast.replaceChildren(words);
  });
}

/* A page that comes back from the browser's memory asks again what is in the cart. */
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.body.dispatchEvent(new Event("cart-changed"));
});

document.addEventListener("htmx:load", (event) => prepare(event.target));
prepare(document);
