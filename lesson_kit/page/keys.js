// Keys that belong to a widget and not to the notebook round it.

// JupyterLab hears keys before the page does, and in command mode takes arrows and letters from whatever has the focus
// (its selector ends in ":focus"). It spares an element that carries this attribute itself; on a parent it is too late.
export function ownKeys(root) {
  root.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("focusin", (event) => {
    event.target.dataset.lmSuppressShortcuts = "true";
  });
}
