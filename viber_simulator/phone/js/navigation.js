/** How one screen leads to another; knows none of them. */

let show = null;

/**
 * Say what is to be done whenever the address has changed.
 * @param {function} render shows what the address names
 */
export function onNavigation(render) {
  show = render;
  window.addEventListener("popstate", render);
}

/** Go to another screen of the phone. */
export function navigate(path, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"]({}, "", path);
  return show();
}
