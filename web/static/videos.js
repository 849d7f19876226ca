// Looks whether a video is prepared, and shows it then. Without it the page says to load it again.
(function () {
  "use strict";
  var boxes = Array.from(document.querySelectorAll("[data-video-state]"));

  // Takes away what could not be handed in while the video was being prepared.
  function over() {
    document.querySelectorAll("[data-until-ready]").forEach(function (one) { one.remove(); });
    var many = document.querySelector("[data-how-many]");
    if (!many) {
      return;
    }
    var box = many.closest("[role=alert]");
    var left = box.querySelectorAll("li").length;
    many.textContent = (left === 1 ? "One thing" : left + " things") + " to look at.";
    box.hidden = left === 0;
  }

  function look(box) {
    fetch(box.dataset.videoState, {credentials: "same-origin", headers: {Accept: "application/json"}})
      .then(function (answer) {
        if (!answer.ok) {
          throw new Error("no answer");
        }
        return answer.json();
      })
      .then(function (told) {
        if (!told.settled) {
          window.setTimeout(function () { look(box); }, 2000);
          return;
        }
        if (box.dataset.videoReload) {
          window.location.reload();
          return;
        }
        // In a form nothing that is typed may go: only this box changes, and what was wrong until now.
        over();
        box.querySelector("[data-video-words]").textContent = told.words;
        var still = box.querySelector("img[data-src]");
        still.addEventListener("error", function () { still.hidden = true; });
        still.src = still.dataset.src;
        still.hidden = false;
        // How the post will look is drawn anew with it.
        box.dispatchEvent(new Event("input", {bubbles: true}));
      })
      .catch(function () {
        window.setTimeout(function () { look(box); }, 10000);
      });
  }

  boxes.forEach(look);
})();
