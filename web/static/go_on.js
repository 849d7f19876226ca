// Sends the one form of this page by itself; without scripts there is its button.
(function () {
  "use strict";
  var form = document.querySelector("form[data-go-on]");
  if (form) {
    form.requestSubmit();
  }
})();
