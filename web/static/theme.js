// Follows the device's light or dark setting; loaded before the first paint so that nothing flashes.
(function () {
  "use strict";
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function follow() {
    document.documentElement.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  }
  document.documentElement.classList.add("js");
  dark.addEventListener("change", follow);
  follow();
})();
