// Small conveniences of every page; each page works without them.
(function () {
  "use strict";
  // After bad input the first field in question gets the focus.
  var wrong = document.querySelector("[aria-invalid=true]");
  if (wrong) {
    wrong.focus();
  }
  // One press of a button is one act, even under an impatient finger.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    window.setTimeout(function () {
      delete form.dataset.sent;
    }, 4000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });
  // <button data-tick="name"> takes the ticks of all boxes of that name away; with data-on it sets them.
  document.querySelectorAll("[data-tick]").forEach(function (button) {
    button.addEventListener("click", function () {
      button.form.querySelectorAll("input[type=checkbox]").forEach(function (box) {
        if (box.name === button.dataset.tick) {
          box.checked = "on" in button.dataset;
        }
      });
    });
  });
  // <button data-copy="#id"> copies what the element with that id says.
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var source = document.querySelector(button.dataset.copy);
      navigator.clipboard.writeText(source.value || source.textContent.trim()).then(function () {
        button.textContent = "Copied";
      });
    });
  });
})();
