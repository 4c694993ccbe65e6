// Counts down until a code may be asked for again. Without it the server says how long to wait.
(() => {
  const countDown = (button) => {
    const until = Date.now() + Number(button.dataset.wait) * 1000;
    const label = button.textContent;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      button.disabled = left > 0;
      button.textContent = left > 0 ? button.dataset.waitText.replace("{n}", left) : label;
      if (left > 0 && button.isConnected) setTimeout(tick, 250);
    };
    tick();
  };
  const start = (root) => {
    for (const button of root.querySelectorAll("[data-wait]")) {
      if (Number(button.dataset.wait) > 0) countDown(button);
    }
  };
  start(document);
  document.addEventListener("htmx:afterSwap", (event) => {
    const field = document.getElementById("code-field");
    if (!field || event.detail.target.id !== "code-field") return;
    const typed = document.querySelector("#id_code");
    start(field);
    if (typed && !field.querySelector(".errors")) typed.focus();
  });
  // The tab that waited while another one signed in: a form sent twice is sent once.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button && !event.defaultPrevented) setTimeout(() => { button.disabled = true; });
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const button of document.querySelectorAll("form button:disabled")) button.disabled = false;
  });
})();
