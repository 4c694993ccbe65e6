/* Inside WeChat alone: what is shared from the menu carries the sharer's own link. Elsewhere this does nothing. */
"use strict";

(() => {
  if (!/MicroMessenger/i.test(navigator.userAgent)) return;
  const { sdk, share } = document.currentScript.dataset;
  const said = (name) => document.querySelector(`meta[property="og:${name}"], meta[name="${name}"]`)?.content || "";

  const load = (address) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });

  async function prepare() {
    const here = location.href.split("#")[0];
    const answer = await fetch(`${share}?url=${encodeURIComponent(here)}`);
    if (answer.status !== 200) return;
    const { link, picture, ...config } = await answer.json();
    await load(sdk);
    wx.config({ debug: false, ...config, jsApiList: ["updateAppMessageShareData", "updateTimelineShareData"] });
    wx.ready(() => {
      const card = { title: said("title") || document.title, link, imgUrl: said("image") || picture };
      wx.updateAppMessageShareData({ ...card, desc: said("description") });
      wx.updateTimelineShareData(card);
    });
  }

  prepare().catch(() => {}); // sharing still works, with the page's plain address
})();
