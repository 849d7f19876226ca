// Shows a notice that the school sent to this browser, and opens Schoolgate when it is pressed. Keeps no page.
"use strict";

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

self.addEventListener("push", function (event) {
  var told = {};
  try {
    told = event.data.json();
  } catch (error) {
    // Something must be shown for every notice, or the browser shows words of its own.
    told = {};
  }
  event.waitUntil(self.registration.showNotification("Schoolgate", {
    body: told.text || "Something waits for you in Schoolgate",
    icon: "/app-icon-192.png",
    tag: told.topic || "schoolgate",
    renotify: true
  }));
});

self.addEventListener("notificationclick", function (event) {
  event.notification.close();
  // The first page shows what waits, to whoever is signed in; others sign in first.
  event.waitUntil(self.clients.openWindow("/"));
});
