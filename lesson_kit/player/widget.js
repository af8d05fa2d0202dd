// The notebook's timeline player: all it needs is in the synced `data`, so it plays without the kernel.

import { PlayerView } from "./player.js";

function render({ model, el: root }) {
  let view = new PlayerView(root, model.get("data"));
  const renew = () => {
    view.close();
    view = new PlayerView(root, model.get("data"));
  };
  model.on("change:data", renew);
  return () => {
    model.off("change:data", renew);
    view.close();
  };
}

export default { render };
