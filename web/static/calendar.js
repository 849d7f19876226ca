// Drag a post to another day: the page that asks about it opens, and nothing is changed before that is answered.
(function () {
  "use strict";
  var grid = document.querySelector("[data-calendar]");
  if (!grid) {
    return;
  }
  var dragged = null;

  function over(event) {
    var day = event.target.closest("[data-day]");
    grid.querySelectorAll(".drop-here").forEach(function (one) {
      if (one !== day) {
        one.classList.remove("drop-here");
      }
    });
    if (dragged && day && day !== dragged.closest("[data-day]")) {
      event.preventDefault();
      day.classList.add("drop-here");
    }
  }

  grid.addEventListener("dragstart", function (event) {
    dragged = event.target.closest("[data-move]");
    if (dragged) {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", dragged.textContent);
    }
  });
  grid.addEventListener("dragover", over);
  grid.addEventListener("drop", function (event) {
    var day = event.target.closest("[data-day]");
    if (dragged && day) {
      event.preventDefault();
      window.location.assign(dragged.dataset.move + "?to=" + day.dataset.day);
    }
  });
  grid.addEventListener("dragend", function () {
    dragged = null;
    grid.querySelectorAll(".drop-here").forEach(function (one) { one.classList.remove("drop-here"); });
  });
})();
