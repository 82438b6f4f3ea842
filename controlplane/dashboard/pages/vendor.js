// The only file that knows what npm's files are called. The charts and the rooms' client are large: a
// page that needs one of them loads it then.
export {
  Component, html, render, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState,
} from "/dashboard/vendor/standalone.module.js";

const loading = new Map();

/** Load a classic script of our own origin once; rejects with a sentence. */
function script(path) {
  if (!loading.has(path)) {
    loading.set(path, new Promise((resolve, reject) => {
      const tag = document.createElement("script");
      tag.src = path;
      tag.onload = () => resolve();
      tag.onerror = () => {
        loading.delete(path);
        reject(new Error("A part of this page could not be loaded: run the set-up (make setup) and reload."));
      };
      document.head.append(tag);
    }));
  }
  return loading.get(path);
}

/** The charts' class. */
export async function uPlot() {
  await script("/dashboard/vendor/uPlot.iife.min.js");
  return window.uPlot;
}

/** LiveKit's client, which joins a room. */
export async function livekit() {
  await script("/dashboard/vendor/livekit-client.umd.js");
  return window.LivekitClient;
}
