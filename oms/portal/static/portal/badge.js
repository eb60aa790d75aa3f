/* <script async src="…/static/portal/badge.js" data-key="pk_…"></script> fills every
   <span data-backorder-sku="CHAIR" data-qty="1"></span>; shows nothing while we are away.
   After a change of the page dispatch "backorder:refresh" on document. */
(function (page) {
  "use strict";
  var me = page.currentScript;
  if (!me || !window.fetch || !window.URL) return;
  var settings = me.dataset;
  var home = new URL(settings.badge || "/badge/", me.src);
  var MOST = 50, PATIENCE = 5000;

  function add(parent, name, words) {
    var part = page.createElement("span");
    part.className = "backorder-badge__" + name;
    part.textContent = words;
    if (parent.firstChild) parent.appendChild(page.createTextNode(" "));
    parent.appendChild(part);
  }

  function fill(place, told) {
    place.textContent = "";
    place.classList.toggle("backorder-badge", Boolean(told));
    if (!told) return place.removeAttribute("data-state");
    place.lang = told.lang;
    place.dataset.state = told.state;
    add(place, "label", told.label);
    if (told.charge) add(place, "charge", (told.charge.words + " " + told.charge.disclosure).trim());
  }

  function ask(places, qty, region, locale) {
    var url = new URL(home), seen = {}, stop = window.AbortController && new AbortController();
    var given = { key: settings.key, qty: qty, region: region, locale: locale, format: "json" };
    Object.keys(given).forEach(function (name) { if (given[name]) url.searchParams.set(name, given[name]); });
    places.forEach(function (place) {
      var sku = place.dataset.backorderSku;
      if (!seen[sku]) url.searchParams.append("sku", sku);
      seen[sku] = 1;
    });
    if (stop) setTimeout(function () { stop.abort(); }, PATIENCE);
    fetch(url, { credentials: "omit", signal: stop ? stop.signal : undefined })
      .then(function (answer) { return answer.ok ? answer.json() : { results: [] }; })
      .then(function (answer) {
        var told = {};
        answer.results.forEach(function (one) { told[one.sku] = one; });
        places.forEach(function (place) { fill(place, told[place.dataset.backorderSku]); });
      })
      .catch(function () {});
  }

  function run() {
    var alike = {};
    page.querySelectorAll("[data-backorder-sku]").forEach(function (place) {
      var own = place.dataset;
      var terms = [own.qty || "1", own.region || settings.region, own.locale || settings.locale || page.documentElement.lang];
      var name = JSON.stringify(terms);
      (alike[name] = alike[name] || { terms: terms, places: [] }).places.push(place);
    });
    Object.keys(alike).forEach(function (name) {
      var group = alike[name];
      for (var at = 0; at < group.places.length; at += MOST) {
        ask.apply(null, [group.places.slice(at, at + MOST)].concat(group.terms));
      }
    });
  }

  page.addEventListener("backorder:refresh", run);
  if (page.readyState === "loading") page.addEventListener("DOMContentLoaded", run);
  else run();
})(document);
