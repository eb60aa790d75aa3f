/* <script async src="…/static/portal/watch.js" data-key="pk_…"></script> beside the badge's own script:
   whoever finds an article out of stock may ask to be told when it is back. */
(function (page) {
  "use strict";
  var me = page.currentScript, words = {};
  if (!me || !window.fetch || !window.MutationObserver) return;
  var home = new URL(me.dataset.watch || "/badge/watch/", me.src);

  function say(lang) {
    var url = new URL(home);
    url.searchParams.set("locale", lang);
    words[lang] = words[lang] || fetch(url, { credentials: "omit" }).then(function (answer) { return answer.json(); });
    return words[lang];
  }

  function make(name, settings) {
    return Object.assign(page.createElement(name), settings);
  }

  function offer(place, said) {
    var form = make("form", { className: "backorder-badge__watch" });
    var address = make("input", { type: "email", required: true, autocomplete: "email", placeholder: said.label });
    var send = make("button", { type: "submit", textContent: said.button });
    var note = make("span", { role: "status" });
    address.setAttribute("aria-label", said.label);
    form.append(address, send, note);
    form.addEventListener("submit", function (event) {
      var wish = { key: me.dataset.key, sku: place.dataset.backorderSku, email: address.value, locale: place.lang };
      event.preventDefault();
      send.disabled = true;
      fetch(home, { method: "POST", body: new URLSearchParams(wish), credentials: "omit" }).then(function (answer) {
        if (answer.ok) address.remove(), send.remove();
        note.textContent = answer.ok ? said.done : said.wrong;
        send.disabled = false;
      }, function () { send.disabled = false; });
    });
    place.append(form);
  }

  function look() {
    page.querySelectorAll('[data-backorder-sku][data-state="out_of_stock"]').forEach(function (place) {
      if (place.querySelector(".backorder-badge__watch") || place.dataset.asking) return;
      place.dataset.asking = "1";
      say(place.lang || "en").then(function (said) { delete place.dataset.asking; offer(place, said); }, function () {});
    });
  }

  new MutationObserver(look).observe(page.documentElement, { subtree: true, attributeFilter: ["data-state"] });
  look();
})(document);
