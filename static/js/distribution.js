/* Copying and sharing a link, reading a day off the chart. The pages work without this file. */
"use strict";

async function copyText(field) {
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select();
    document.execCommand("copy");
  }
}

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copies]");
  if (copy) {
    await copyText(document.getElementById(copy.dataset.copies));
    const said = copy.querySelector("[data-copied]");
    const before = said.textContent;
    if (before === said.dataset.copied) return;
    said.textContent = said.dataset.copied;
    setTimeout(() => { said.textContent = before; }, 2000);
  }
  const share = event.target.closest("[data-share]");
  if (share) {
    const { title, text, url } = share.dataset;
    navigator.share({ title, text, url }).catch(() => {});
  }
});

function offerSharing() {
  if (!navigator.share) return;
  document.querySelectorAll("[data-share]").forEach((button) => { button.hidden = false; });
}
offerSharing();

/* 分享赚 on a product's page: what the chosen variant earns. */
function showEarning() {
  const chosen = document.querySelector("[data-variant]:checked");
  const all = document.querySelectorAll("[data-earns]");
  const isKnown = [...all].some((earning) => earning.dataset.earns === chosen?.value);
  for (const earning of all) earning.hidden = earning.dataset.earns !== (isKnown ? chosen.value : "");
}
document.addEventListener("change", (event) => { if (event.target.matches("[data-variant]")) showEarning(); });
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.target.id !== "earn-here") return;
  event.target.querySelectorAll("[data-with-script]").forEach((element) => { element.hidden = false; });
  showEarning();
  offerSharing();
});

/* Where the tabs are wider than the screen, the page's own is in sight. */
document.querySelector(".room-tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest", behavior: "instant" });

for (const chart of document.querySelectorAll("[data-chart]")) {
  const readout = chart.querySelector("[data-chart-readout]");
  const whole = readout.textContent;
  const show = (event) => {
    const bar = event.target.closest("[data-label]");
    chart.querySelector(".bar.now")?.classList.remove("now");
    bar?.classList.add("now");
    readout.textContent = bar ? bar.dataset.label : whole;
  };
  chart.addEventListener("pointerover", show);
  chart.addEventListener("pointerdown", show);
  chart.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") show({ target: chart }); });
}
